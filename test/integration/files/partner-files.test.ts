import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PartnerFilesService } from '../../../src/import-export/partner-files.service.js';
import { readPartnerFile } from '../../../src/import-export/partner-records.js';
import { writePartners } from '../../../src/import-export/write-partners.js';
import { planPartners } from '../../../src/import-export/plan-partners.js';
import type { FilesWorld } from './files-world.js';
import { openFilesWorld } from './files-world.js';

let world: FilesWorld;
let files: PartnerFilesService;

beforeAll(async () => {
  world = await openFilesWorld();
  files = world.services.get(PartnerFilesService);
});
afterEach(() => world.clear());
afterAll(() => world.close());

const CSV = `Link Name,Destination URL,Slug,Categories,Images,Geolocations Links,Autolinker Keywords
VPN,https://vpn.example/?a=1,vpn,,,AU:https://au.example/,
Bad,javascript:alert(1),bad,,,,
Loop,https://waypost.test/go/vpn,loop,,,,
`;

const PHONES = {
  key: 'phones',
  destinationUrl: 'https://phones.example/?x=1',
  network: 'awin',
  subIdTemplate: 'clickref={placement}',
  rank: 2,
  weight: 5,
  countries: ['AT', 'DE'],
  devices: ['mobile', 'tablet'],
  languages: ['de'],
  startsAt: '2024-01-02T03:04:05.678Z',
  expiresAt: '2034-01-02T00:00:00.000Z',
};

const run = async (name: string, text: string, dryRun = false) =>
  (await files.importPartners(planPartners(readPartnerFile(name, text)), dryRun)).map(
    ({ key, outcome, problems }) => `${outcome} ${key}${problems.length > 0 ? ' !' : ''}`,
  );

describe('an import of partners', () => {
  it('takes what can be a partner, names the rest, and changes nothing the second time', async () => {
    const outcomes = ['created vpn', 'failed bad !', 'failed loop !'];
    expect(await run('a.csv', CSV, true)).toEqual(outcomes);
    expect(await world.query(`SELECT key FROM waypost.partners`)).toEqual([]);
    expect(await run('a.csv', CSV)).toEqual(outcomes);
    expect(await world.query(`SELECT partner_key, key, countries FROM waypost.partner_targets`)).toEqual([
      { partner_key: 'vpn', key: 'geo_au', countries: ['AU'] },
    ]);
    const before = await world.query(`SELECT * FROM waypost.partners`);
    expect(await run('a.csv', CSV)).toEqual(['unchanged vpn', 'failed bad !', 'failed loop !']);
    expect(await world.query(`SELECT * FROM waypost.partners`)).toEqual(before);
  });

  it('changes only what the file says', async () => {
    await run('a.toml', '[p]\nname = "P"\nurl = "https://p.example/"\ndisclosure = "We earn."\n');
    expect(await run('a.toml', '[p]\nurl = "https://q.example/"\nname = "P"\nstatus = "paused"\n', true)).toEqual([
      'updated p',
    ]);
    expect(await run('a.toml', '[p]\nurl = "https://q.example/"\nname = "P"\nstatus = "paused"\n')).toEqual([
      'updated p',
    ]);
    expect(await world.query(`SELECT name, destination_url, disclosure, status FROM waypost.partners`)).toEqual([
      { name: 'P', destination_url: 'https://q.example/', disclosure: 'We earn.', status: 'paused' },
    ]);
  });

  it('of countries keeps targets of another kind', async () => {
    await run('a.json', JSON.stringify({ vpn: { url: 'https://vpn.example/?a=1', name: 'VPN', targets: [PHONES] } }));
    expect(await run('a.csv', CSV, true)).toContain('updated vpn');
    await run('a.csv', CSV);
    await run('a.csv', CSV.replace('AU:https://au.example/', 'AU:https://au.example/;NZ:AU'));
    const targets = await world.query<{ key: string }>(`SELECT key FROM waypost.partner_targets ORDER BY key`);
    expect(targets.map(({ key }) => key)).toEqual(['geo_au_nz', 'phones']);
  });

  it('names what is wrong with a target, in a dry run too', async () => {
    const wrong = [
      { ...PHONES, devices: ['toaster'] },
      { ...PHONES, colour: 'red' },
      { ...PHONES, startsAt: '2031-01-01', expiresAt: '2030-01-01' },
      { ...PHONES, destinationUrl: 'javascript:alert(1)' },
      { ...PHONES, subIdTemplate: '{nonsense}' },
      'text',
    ];
    for (const target of wrong) {
      const text = JSON.stringify({ p: { url: 'https://p.example/', targets: [target] } });
      expect(await run('a.json', text, true)).toEqual(['failed p !']);
      expect(await run('a.json', text)).toEqual(['failed p !']);
    }
    expect(await world.query(`SELECT key FROM waypost.partners`)).toEqual([]);
  });

  it.each(['json', 'yaml', 'toml'] as const)('of an export in %s gives the same partners', async (format) => {
    await run('a.csv', CSV);
    await run(
      'a.json',
      JSON.stringify({
        other: {
          name: 'Ö "x"',
          destinationUrl: 'https://o.example/?a=1&b=%20',
          passthrough: ['utm_source'],
          defaultText: 'T',
          disclosure: 'We earn.\nReally.',
          fallbackUrl: 'https://f.example/',
          startsAt: '2020-01-02',
          expiresAt: '2030-01-02T03:04:05.678Z',
          subIdTemplate: '',
          status: 'paused',
          targets: [PHONES, { key: 'half', destinationUrl: 'https://half.example/', weight: 3, subIdTemplate: '' }],
        },
      }),
    );
    const everything = () =>
      world.query(
        `SELECT partner.key, name, partner.destination_url, status, disclosure, partner.starts_at, partner.expires_at, target.*
           FROM waypost.partners partner LEFT JOIN waypost.partner_targets target ON target.partner_key = partner.key
          ORDER BY partner.key, target.key`,
      );
    const before = await everything();
    const exported = writePartners(await files.exportPartners(), format);
    expect(await run(`b.${format}`, exported, true)).toEqual(['unchanged other', 'unchanged vpn']);
    await world.clear();
    expect(await run(`b.${format}`, exported)).toEqual(['created other', 'created vpn']);
    expect(await everything()).toEqual(before);
    expect(await run(`b.${format}`, exported)).toEqual(['unchanged other', 'unchanged vpn']);
  });
});
