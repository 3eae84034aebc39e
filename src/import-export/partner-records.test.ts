import { describe, expect, it } from 'vitest';
import { PartnerFileError, readPartnerBytes, readPartnerFile } from './partner-records.js';
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

/** As documented, and as ThirstyAffiliates 2 wrote it. */
const THIRSTY_OLD = `Link Name,Destination URL,Slug,Categories (separated by semicolons),Images To Download & Attach (separated by semicolons; jpg/png/gif only),Geolocations Links (format: AU:http://google.com.au separated by semicolon),Autolinker Keywords (separated by semicolon)
"Best ""VPN"", deal",https://vpn.example/?a=1&b=2,best-vpn,VPN;Deals,,AU:https://au.vpn.example/;DE:https://de.vpn.example/?x=1;2;NZ:AU,vpn
"Two
lines",https://two.example/,,,,,
No URL,,no-url,,,,
`;

/** As ThirstyAffiliates Pro exports it: `Name`, and its own fields behind. */
const THIRSTY = `Name,"Destination URL",Slug,"Categories (separated by semicolons)","Images To Download & Attach (separated by semicolons; jpg/png/gif only)","Geolocations Links (format: AU:http://google.com.au separated by semicolon)","Autolinker Keywords (separated by semicolon)",_ta_after_expire_redirect,_ta_autolink_keyword_limit,_ta_link_expire_date,_ta_link_start_date,_ta_no_follow,_ta_pass_query_str,_ta_redirect_type
"Café deal",https://cafe.example/,cafe,Food,,US:https://us.example/;CA:US,cafe;bar,https://other.example/,,2030-12-31,2024-01-02,global,yes,302
`;

const PRETTY = `id,url,slug,name,redirect_type,track_me,nofollow,sponsored,param_forwarding,google_tracking,delay,created_at,last_updated_at,link_categories,link_tags,keywords
1,https://t.example/?r=9,go/Training Partner,Training,307,1,1,1,0,,0,2024-01-02 03:04:05,2024-01-02 03:04:05,vpn,,
2,https://u.example/,Go/training-partner,Other,301,1,1,0,0,,0,2024-01-02 03:04:05,,,,
`;

const PRETTY_OLD = `id,url,slug,name,description,group_id,redirect_type,track_me,nofollow,sponsored,param_forwarding,created_at
1,https://t.example/?r=9,training,Training,,3,307,1,1,1,off,2024-01-02 03:04:05
`;

describe('dates', () => {
  it.each([
    ['2030-01-02', '2030-01-02T00:00:00.000Z'],
    ['2030-01-02 03:04:05', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02T03:04:05.678+02:00', '2030-01-02T01:04:05.678Z'],
    ['01/02/2030', undefined],
    ['2030-13-45', undefined],
  ])('%s is %s, in whatever zone the command runs', (text, expected) => {
    const [planned] = plan('a.json', JSON.stringify({ p: { url: 'https://p.example/', expires: text } }));
    expect(planned?.details.expiresAt?.toISOString()).toBe(expected);
    expect(planned?.problems).toHaveLength(expected === undefined ? 1 : 0);
  });
});

describe('a CSV file', () => {
  it('of ThirstyAffiliates gives partners, and a target for the countries of each destination', () => {
    const file = readPartnerFile('links.csv', THIRSTY_OLD);
    expect(file.kind).toBe('thirstyaffiliates');
    expect(planPartners(file)).toMatchObject([
      {
        line: 2,
        key: 'best-vpn',
        details: { name: 'Best "VPN", deal', destinationUrl: 'https://vpn.example/?a=1&b=2' },
        targets: [
          { key: 'geo_au_nz', countries: ['AU', 'NZ'], destinationUrl: 'https://au.vpn.example/' },
          { key: 'geo_de', countries: ['DE'], destinationUrl: 'https://de.vpn.example/?x=1;2' },
        ],
        problems: [],
      },
      { line: 3, key: 'two-lines', writtenKey: 'Two\nlines', targets: undefined, problems: [] },
      { line: 5, key: 'no-url', problems: ['It has no destination URL.'] },
    ]);
  });

  it.each(['utf8', 'latin1'] as const)('of ThirstyAffiliates Pro says times and a fallback too, in %s', (encoding) => {
    const file = readPartnerBytes('links.csv', Buffer.from(THIRSTY, encoding));
    expect(file.kind).toBe('thirstyaffiliates');
    expect(planPartners(file)).toMatchObject([
      {
        key: 'cafe',
        details: {
          name: 'Caf\u00E9 deal',
          fallbackUrl: 'https://other.example/',
          startsAt: new Date('2024-01-02T00:00:00Z'),
          expiresAt: new Date('2030-12-31T00:00:00Z'),
        },
        targets: [{ countries: ['US', 'CA'], destinationUrl: 'https://us.example/' }],
      },
    ]);
    expect([...file.mapping].filter(([, field]) => field !== undefined).map(([name]) => name)).toEqual([
      'Name',
      'Destination URL',
      'Slug',
      'Geolocations Links (format: AU:http://google.com.au separated by semicolon)',
      '_ta_after_expire_redirect',
      '_ta_link_expire_date',
      '_ta_link_start_date',
    ]);
  });

  it('of an older Pretty Links is known too', () => {
    const file = readPartnerFile('links.csv', PRETTY_OLD);
    expect(file.kind).toBe('prettylinks');
    expect(planPartners(file)).toMatchObject([{ key: 'training', problems: [] }]);
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
