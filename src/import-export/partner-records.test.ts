import { describe, expect, it } from 'vitest';
import { PartnerFileError, readPartnerFile } from './partner-records.js';
import { planPartners } from './plan-partners.js';

const plan = (name: string, text: string) => planPartners(readPartnerFile(name, text));

describe('a data file of partners', () => {
  it.each([
    ['a TOML table each', 'a.toml', '[training_partner]\nname = "T"\nurl = "https://t.example/?a=1"\n'],
    ['a map in YAML', 'a.yaml', 'training_partner:\n  title: T\n  link: https://t.example/?a=1\n'],
    [
      'a list in JSON',
      'a.json',
      '[{"key": "training_partner", "name": "T", "destinationUrl": "https://t.example/?a=1"}]',
    ],
    ['one level down', 'a.yml', 'affiliates:\n  training_partner: {name: T, href: "https://t.example/?a=1"}\n'],
    [
      'a list one level down',
      'a.toml',
      '[[partners]]\nid = "training_partner"\nlabel = "T"\ndestination = "https://t.example/?a=1"\n',
    ],
  ])('may be %s', (_name, file, text) => {
    expect(plan(file, text)).toMatchObject([
      { key: 'training_partner', details: { name: 'T', destinationUrl: 'https://t.example/?a=1' }, problems: [] },
    ]);
  });

  it('may say the URL alone', () => {
    expect(plan('a.toml', 'vpn = "https://v.example/"\n')).toMatchObject([
      { key: 'vpn', details: { name: 'vpn', destinationUrl: 'https://v.example/' } },
    ]);
  });

  it('is mapped name by name, and what means nothing is told', () => {
    const { mapping } = readPartnerFile('a.yaml', 'a: {url: "https://a.example", default-text: T, colour: red}');
    expect([...mapping]).toEqual([
      ['url', 'destinationUrl'],
      ['default-text', 'defaultText'],
      ['colour', undefined],
    ]);
  });

  it.each([
    ['a.toml', '[a\nurl = 1', 1],
    ['a.yaml', 'a:\n  b: [1,\nc', 3],
    ['a.json', '{"a": ', 1],
    ['a.txt', 'x', 1],
    ['a.json', '"text"', 1],
    ['a.csv', '', 1],
    ['a.csv', 'Name,Colour\nx,y', 1],
    ['a.csv', 'url,slug\n"x', 2],
  ])('%s with %j is refused with its line', (name, text, line) => {
    expect(() => readPartnerFile(name, text)).toThrow(PartnerFileError);
    expect(() => readPartnerFile(name, text)).toThrow(expect.objectContaining({ line }) as Error);
  });
});

const THIRSTY = `Link Name,Destination URL,Slug,Categories (separated by semicolon),Images,Geolocations Links,Autolinker Keywords
"Best ""VPN"", deal",https://vpn.example/?a=1&b=2,best-vpn,VPN;Deals,,AU:https://au.vpn.example/;DE:https://de.vpn.example/?x=1;2,vpn
"Two
lines",https://two.example/,,,,,
No URL,,no-url,,,,
`;

const PRETTY = `id,url,slug,name,description,group_id,redirect_type,track_me,nofollow,sponsored,param_forwarding,created_at
1,https://t.example/?r=9,go/Training Partner,Training,,3,307,1,1,1,off,2024-01-02 03:04:05
2,https://u.example/,Go/training-partner,Other,,,301,1,1,0,off,
`;

describe('a CSV file', () => {
  it('of ThirstyAffiliates gives partners and a target per country', () => {
    const file = readPartnerFile('links.csv', THIRSTY);
    expect(file.kind).toBe('thirstyaffiliates');
    expect(planPartners(file)).toMatchObject([
      {
        line: 2,
        key: 'best-vpn',
        details: { name: 'Best "VPN", deal', destinationUrl: 'https://vpn.example/?a=1&b=2' },
        targets: [
          { countries: ['AU'], destinationUrl: 'https://au.vpn.example/' },
          { countries: ['DE'], destinationUrl: 'https://de.vpn.example/?x=1;2' },
        ],
        problems: [],
      },
      { line: 3, key: 'two-lines', writtenKey: 'Two\nlines', problems: [] },
      { line: 5, key: 'no-url', problems: ['It has no destination URL.'] },
    ]);
  });

  it('of Pretty Links gives partners; two slugs that are one key are a problem', () => {
    const file = readPartnerFile('links.csv', `\uFEFF${PRETTY}`);
    expect(file.kind).toBe('prettylinks');
    expect(planPartners(file)).toMatchObject([
      { key: 'go-training-partner', writtenKey: 'go/Training Partner', details: { name: 'Training' }, problems: [] },
      {
        key: 'go-training-partner',
        problems: ['Line 2 has the key "go-training-partner" already. Change one of the two.'],
      },
    ]);
  });
});
