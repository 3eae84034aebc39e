import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrustedProxies } from '../../../src/clicks/client-address.js';
import { writeCountryFile } from '../../support/country-file.js';
import type { TestApp } from '../../support/test-app.js';
import { PUBLIC_URL, startTestApp } from '../../support/test-app.js';
import { withinOneDay } from '../../support/within-one-day.js';

const FIELDS = `key targets { key destinationUrl network subIdTemplate rank weight countries devices languages startsAt expiresAt } revision`;
const CREATE = `mutation ($input: CreateAffiliatePartnerInput!) {
  createAffiliatePartner(input: $input) { affiliatePartner { ${FIELDS} } userErrors { code message field } }
}`;
const UPDATE = `mutation ($input: UpdateAffiliatePartnerInput!) {
  updateAffiliatePartner(input: $input) { affiliatePartner { ${FIELDS} } userErrors { code message field } }
}`;
const desktop = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';

let waypost: TestApp;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waypost-targets-'));
  const countryDatabase = join(directory, 'countries.mmdb');
  await writeCountryFile(countryDatabase, { '192.0.2.0/24': 'DE', '198.51.100.0/24': 'AT' });
  waypost = await startTestApp({
    redirects: {
      dataDirectory: directory,
      drain: 'here',
      countryDatabase,
      trustedProxies: parseTrustedProxies('loopback'),
    },
  });
});
afterAll(async () => {
  await waypost.close();
  await rm(directory, { recursive: true, force: true });
});

const create = async (input: object) => (await waypost.data(CREATE, { input })).createAffiliatePartner;
const update = async (input: object) => (await waypost.data(UPDATE, { input })).updateAffiliatePartner;
const partner = (key: string, targets: object[]) => ({
  key,
  name: key,
  destinationUrl: 'https://shop.example/',
  targets,
});

interface Reader {
  readonly address?: string;
  readonly userAgent?: string;
  readonly language?: string;
}

async function locationOf(key: string, reader: Reader = {}): Promise<string | null> {
  const { address = '203.0.113.1', userAgent = desktop, language = 'en-GB,en;q=0.9' } = reader;
  const headers = {
    'X-Forwarded-For': address,
    'User-Agent': userAgent,
    'Accept-Language': language,
    Accept: 'text/html',
  };
  const response = await fetch(`${waypost.url}/go/${key}`, { headers, redirect: 'manual' });
  return response.headers.get('location');
}

/** Once the redirect has learned of the partner. */
const known = async (key: string, location: string, reader: Reader = {}): Promise<void> => {
  await expect.poll(() => locationOf(key, reader), { timeout: 20_000 }).toBe(location);
};

describe('targets of a partner', () => {
  it('are made with it, with their defaults, in the order in which they are looked at', async () => {
    const made = await create(
      partner('ordered', [
        { key: 'late', destinationUrl: 'https://late.example/', rank: 5, countries: ['de', 'AT', 'DE'], weight: 3 },
        { key: 'early', destinationUrl: 'https://www.awin1.com/cread.php?awinmid=1&awinaffid=2', languages: ['DE'] },
      ]),
    );
    expect(made.userErrors).toEqual([]);
    const nothing = {
      subIdTemplate: null,
      countries: null,
      devices: null,
      languages: null,
      startsAt: null,
      expiresAt: null,
    };
    expect(made.affiliatePartner.targets).toEqual([
      {
        ...nothing,
        key: 'early',
        destinationUrl: 'https://www.awin1.com/cread.php?awinmid=1&awinaffid=2',
        network: 'awin',
        rank: 0,
        weight: 1,
        languages: ['de'],
      },
      {
        ...nothing,
        key: 'late',
        destinationUrl: 'https://late.example/',
        network: 'custom',
        rank: 5,
        weight: 3,
        countries: ['DE', 'AT'],
      },
    ]);
  });

  it('send readers by country, device and language, and the others to the destination', async () => {
    await create(
      partner('chosen', [
        { key: 'phones', destinationUrl: 'https://shop.example/phone', devices: ['mobile'], rank: 1 },
        {
          key: 'germany',
          destinationUrl: 'https://shop.example/de',
          countries: ['DE'],
          rank: 2,
          subIdTemplate: 'sub={click}',
        },
        { key: 'german', destinationUrl: 'https://shop.example/german', languages: ['de'], rank: 3 },
      ]),
    );
    await known('chosen', 'https://shop.example/phone', { userAgent: phone });
    expect(await locationOf('chosen', { address: '192.0.2.7' })).toMatch(
      /^https:\/\/shop\.example\/de\?sub=[0-9a-z]{26}$/,
    );
    expect(await locationOf('chosen', { address: '192.0.2.7', userAgent: phone })).toBe('https://shop.example/phone');
    expect(await locationOf('chosen', { address: '198.51.100.7', language: 'de-AT' })).toBe(
      'https://shop.example/german',
    );
    expect(await locationOf('chosen')).toBe('https://shop.example/');
  });

  it('share readers by weight, and a reader keeps the one that is his', async () => {
    const rivals = ['one', 'two'].map((key) => ({ key, destinationUrl: `https://shop.example/${key}` }));
    await create(partner('shared', rivals));
    await expect.poll(() => locationOf('shared'), { timeout: 20_000 }).toMatch(/one|two/);
    const addresses = Array.from({ length: 60 }, (_, index) => `203.0.113.${index}`);
    await withinOneDay(async () => {
      const first = await Promise.all(addresses.map((address) => locationOf('shared', { address })));
      expect(new Set(first)).toEqual(new Set(['https://shop.example/one', 'https://shop.example/two']));
      expect(await Promise.all(addresses.map((address) => locationOf('shared', { address })))).toEqual(first);
    });
  });

  it('hold from their first moment to their last', async () => {
    await create(
      partner('timed', [
        { key: 'past', destinationUrl: 'https://shop.example/past', expiresAt: '2020-01-01T00:00:00Z' },
        {
          key: 'now',
          destinationUrl: 'https://shop.example/now',
          startsAt: '2020-01-01T00:00:00Z',
          expiresAt: '2999-01-01T00:00:00Z',
          rank: 1,
        },
        { key: 'future', destinationUrl: 'https://shop.example/future', startsAt: '2999-01-01T00:00:00Z' },
      ]),
    );
    await known('timed', 'https://shop.example/now');
    expect(await locationOf('timed', { userAgent: phone })).toBe('https://shop.example/now');
  });

  it('are replaced as a list, kept where the list is left out, and taken away by null', async () => {
    const key = 'changed';
    await create(partner(key, [{ key: 'a', destinationUrl: 'https://shop.example/a' }]));
    await known(key, 'https://shop.example/a');
    const kept = await update({ key, expectedRevision: 1, name: 'Other' });
    expect(kept.affiliatePartner).toMatchObject({ revision: 2, targets: [{ key: 'a' }] });
    const targets = [{ key: 'b', destinationUrl: 'https://shop.example/b' }];
    const replaced = await update({ key, expectedRevision: 2, targets });
    expect(replaced.affiliatePartner).toMatchObject({ revision: 3, targets: [{ key: 'b' }] });
    await known(key, 'https://shop.example/b');
    // The same list once more is no change.
    expect((await update({ key, expectedRevision: 3, targets })).affiliatePartner.revision).toBe(3);
    const cleared = await update({ key, expectedRevision: 3, targets: null });
    expect(cleared.affiliatePartner).toMatchObject({ revision: 4, targets: [] });
    await known(key, 'https://shop.example/');
  });

  it.each([
    ['destinationUrl', { destinationUrl: 'javascript:alert(1)' }, 'URL_INVALID'],
    ['destinationUrl', { destinationUrl: `${PUBLIC_URL}/go/chosen` }, 'URL_INVALID'],
    ['key', { key: 'With Space' }, 'KEY_INVALID'],
    ['key', { key: 'first' }, 'KEY_TAKEN'],
    ['network', { network: 'nosuch' }, 'NETWORK_UNKNOWN'],
    ['subIdTemplate', { subIdTemplate: 'sid=constant' }, 'SUB_ID_TEMPLATE_INVALID'],
    ['countries', { countries: ['DEU'] }, 'INVALID_MATCHES'],
    ['countries', { countries: [] }, 'INVALID_ARRAY_MIN_SIZE'],
    ['devices', { devices: ['toaster'] }, 'INVALID_IS_IN'],
    ['languages', { languages: ['de-AT'] }, 'INVALID_MATCHES'],
    ['weight', { weight: 0 }, 'INVALID_MIN'],
    ['rank', { rank: -1 }, 'INVALID_MIN'],
    ['expiresAt', { startsAt: '2026-01-02T00:00:00Z', expiresAt: '2026-01-01T00:00:00Z' }, 'SCHEDULE_EMPTY'],
  ])('are refused for their %s, which the error names (%j)', async (field, wrong, code) => {
    const first = { key: 'first', destinationUrl: 'https://shop.example/' };
    const refused = await create(partner('refused', [first, { ...first, key: 'second', ...wrong }]));
    expect(refused).toEqual({
      affiliatePartner: null,
      userErrors: [{ code, message: expect.stringMatching(/\.$/), field: `input.targets.1.${field}` }],
    });
  });

  it('are told to nobody who may not read partners', async () => {
    const answer = await waypost.query(`{ affiliatePartner(key: "chosen") { targets { key } } }`, {}, null);
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('are counted with their partner, each by its key', async () => {
    await create(partner('counted', [{ key: 'only', destinationUrl: 'https://shop.example/only' }]));
    await known('counted', 'https://shop.example/only');
    const counted = async (): Promise<unknown> =>
      (
        await waypost.data(
          `{ clickReport(input: { groupBy: [PARTNER, TARGET], filter: { partnerKeys: ["counted"] } }) { rows { partnerKey targetKey clicks } } }`,
        )
      ).clickReport.rows[0];
    await expect
      .poll(counted, { timeout: 20_000 })
      .toEqual({ partnerKey: 'counted', targetKey: 'only', clicks: expect.any(Number) });
  });

  it('are not counted for a program, and the report says why', async () => {
    await create(partner('filtered', []));
    await known('filtered', 'https://shop.example/');
    await locationOf('filtered', { userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' });
    const filtered = async (): Promise<unknown> =>
      (
        await waypost.data(
          `{ clickReport(input: { groupBy: [REASON, HOUR], filter: { partnerKeys: ["filtered"] } }) { rows { reason clicks filteredClicks uniqueVisitors } } }`,
        )
      ).clickReport.rows;
    await expect
      .poll(filtered, { timeout: 20_000 })
      .toContainEqual({ reason: 'bot', clicks: 0, filteredClicks: 1, uniqueVisitors: null });
  });
});
