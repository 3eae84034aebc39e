import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PartnerFilesService } from '../../../src/import-export/partner-files.service.js';
import { readPartnerFile } from '../../../src/import-export/partner-records.js';
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

  it('of an export gives the same partners', async () => {
    await run('a.csv', CSV);
    await run(
      'a.json',
      JSON.stringify({
        other: {
          name: 'Ö "x"',
          destinationUrl: 'https://o.example/?a=1&b=%20',
          passthrough: ['utm_source'],
          defaultText: 'T',
          expiresAt: '2030-01-02T03:04:05.678Z',
          subIdTemplate: '',
          status: 'paused',
        },
      }),
    );
    const exported = await files.exportPartners();
    await world.clear();
    expect(await run('b.json', JSON.stringify(exported))).toEqual(['created other', 'created vpn']);
    expect(await files.exportPartners()).toEqual(exported);
  });
});
