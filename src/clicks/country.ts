import { open, type CountryResponse, type Reader } from 'maxmind';

/**
 * Looks an address up in a local file in MaxMind's format (MMDB), which the operator names. There is no default one: of the free
 * databases on npm, some want a licence to be agreed to or a link on every page, and the makers of those in the public domain say themselves that
 * what they have published there is wrong (docs/clicks.md).
 */
export interface CountryReader {
  /** ISO 3166-1 alpha-2, upper case; empty where the file does not know. */
  countryOf(address: string): string;
}

export const noCountries: CountryReader = { countryOf: () => '' };

/** Also the flat form of the ip-location-db files. */
type FlatResponse = CountryResponse & { readonly country_code?: string };

/** @throws Error when the file is none, or cannot be read. */
export async function openCountryFile(path: string): Promise<CountryReader> {
  const options = { watchForUpdates: true, watchForUpdatesNonPersistent: true, cache: { max: 20_000 } };
  const reader = await open<FlatResponse>(path, options).catch((error: unknown) => {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`The country file ${path} cannot be read as a database in MaxMind's format (MMDB): ${cause}`, {
      cause: error,
    });
  });
  return { countryOf: (address) => readCountry(reader, address) };
}

/** An IPv4 address as a socket for both families shows it. Not every file knows it in this form. */
const mappedPrefix = /^::ffff:(?=\d+\.)/i;

function readCountry(reader: Reader<FlatResponse>, address: string): string {
  try {
    const found = reader.get(address.replace(mappedPrefix, ''));
    const code = found?.country?.iso_code ?? found?.registered_country?.iso_code ?? found?.country_code ?? '';
    return /^[A-Z]{2}$/.test(code) ? code : '';
  } catch {
    // No address. It is counted without a country.
    return '';
  }
}
