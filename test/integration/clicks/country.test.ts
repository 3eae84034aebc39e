import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCountries, openCountryFile } from '../../../src/clicks/country.js';
import { writeCountryFile, type CountryForm } from '../../support/country-file.js';

const networks = { '192.0.2.0/24': 'DE', '198.51.100.128/25': 'FR', '203.0.113.7/32': 'US', '2001:db8::/32': 'JP' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waypost-country-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each<CountryForm>(['nested', 'flat'])('a country file of the %s form', (form) => {
  it.each([
    ['192.0.2.1', 'DE'],
    ['192.0.2.255', 'DE'],
    ['::ffff:192.0.2.1', 'DE'],
    ['198.51.100.127', ''],
    ['198.51.100.128', 'FR'],
    ['203.0.113.7', 'US'],
    ['203.0.113.8', ''],
    ['2001:db8:ffff::1', 'JP'],
    ['2001:db9::1', ''],
    ['not an address', ''],
    ['', ''],
  ])('knows that %s is in "%s"', async (address, country) => {
    const path = join(directory, `${form}.mmdb`);
    await writeCountryFile(path, networks, form);
    const reader = await openCountryFile(path);
    expect(reader.countryOf(address)).toBe(country);
    expect(reader.countryOf(address)).toBe(country);
  });
});

describe('a country file', () => {
  it('that names no country says nothing', async () => {
    const path = join(directory, 'odd.mmdb');
    await writeCountryFile(path, { '192.0.2.0/24': 'Germany', '198.51.100.0/24': 'de' });
    const reader = await openCountryFile(path);
    expect([reader.countryOf('192.0.2.1'), reader.countryOf('198.51.100.1')]).toEqual(['', '']);
  });

  it('that is none, or is not there, is refused at the start', async () => {
    const path = join(directory, 'none.mmdb');
    await writeFile(path, 'This is no database.');
    await expect(openCountryFile(path)).rejects.toThrow(/MaxMind/i);
    await expect(openCountryFile(join(directory, 'absent.mmdb'))).rejects.toThrow(/ENOENT|absent/);
  });

  it('is not needed', () => {
    expect(noCountries.countryOf('192.0.2.1')).toBe('');
  });
});
