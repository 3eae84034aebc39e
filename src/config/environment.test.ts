import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment } from './environment.js';

const read = (variables: Record<string, string>) => readEnvironment(variables, '/site');

function refusal(variables: Record<string, string>): string {
  try {
    read(variables);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the environment', () => {
  it('has a default for everything', () => {
    expect(read({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      databaseDirectUrl: undefined,
      databaseReplicaUrls: [],
      dataDirectory: '/site/.waypost',
      publicUrl: undefined,
      adminToken: undefined,
      sample: true,
      production: false,
    });
  });

  it('loads no sample into a database of its own', () => {
    expect(read({ DATABASE_URL: 'postgres://u:p@db:5432/site' }).sample).toBe(false);
  });

  it('takes several replicas, separated by commas', () => {
    const DATABASE_REPLICA_URLS = 'postgres://u:a%2Cb@one/site, postgresql://u:p@two:5433/site,';
    const { databaseReplicaUrls } = read({ DATABASE_URL: 'postgres://u:p@db/site', DATABASE_REPLICA_URLS });
    expect(databaseReplicaUrls).toEqual(['postgres://u:a%2Cb@one/site', 'postgresql://u:p@two:5433/site']);
  });

  it('takes an empty value as unset', () => {
    expect(read({ PORT: '', WAYPOST_DATA_DIR: '' })).toMatchObject({ port: 3000, dataDirectory: '/site/.waypost' });
  });

  it('takes limits of the API that are set, and turns its cache off', () => {
    expect(read({}).graphql).toEqual({ limits: {}, cache: {}, introspection: true, registeredDocuments: undefined });
    expect(read({ WAYPOST_GRAPHQL_MAX_COST: '99', WAYPOST_GRAPHQL_CACHE_BYTES: '0' }).graphql).toMatchObject({
      limits: { cost: 99 },
      cache: false,
    });
  });

  it.each(['https://cdn.example.org/site', '/assets/', '/'])('takes %s for the base of assets', (text) => {
    expect(read({ WAYPOST_ASSET_BASE_URL: text }).assetBaseUrl).toBe(text);
  });

  it('reads networks', () => {
    const { ownAddresses } = read({ WAYPOST_OWN_ADDRESSES: '192.0.2.0/24, ::1' }).clicks;
    expect(['192.0.2.7', '::1', '192.0.3.1'].map((address) => ownAddresses.has(address))).toEqual([true, true, false]);
    expect(read({}).clicks.ownAddresses.isEmpty).toBe(true);
  });

  it('drops the slash after an origin', () => {
    expect(read({ WAYPOST_PUBLIC_URL: 'https://Example.org/' }).publicUrl).toBe('https://example.org');
  });

  it.each([
    ['PORT', { PORT: 'http' }, 'PORT: is "http". Write a whole number from 0 to 65535.'],
    ['PORT', { PORT: '70000' }, 'PORT: is "70000". Write a whole number from 0 to 65535.'],
    ['HOST', { HOST: 'http://x' }, 'HOST: is "http://x". Write an IP address'],
    ['WAYPOST_SAMPLE', { WAYPOST_SAMPLE: 'yes' }, 'WAYPOST_SAMPLE: is "yes". Write "true" or "false".'],
    [
      'WAYPOST_PUBLIC_URL',
      { WAYPOST_PUBLIC_URL: 'example.org' },
      'WAYPOST_PUBLIC_URL: is "example.org". Write an origin',
    ],
    ['WAYPOST_PUBLIC_URL', { WAYPOST_PUBLIC_URL: 'https://x.org/blog' }, 'without path'],
    ['WAYPOST_PUBLIC_URL', { HOST: '0.0.0.0' }, 'WAYPOST_PUBLIC_URL: must be set when HOST is "0.0.0.0"'],
    [
      'WAYPOST_ASSET_BASE_URL',
      { WAYPOST_ASSET_BASE_URL: 'cdn.example.org' },
      'WAYPOST_ASSET_BASE_URL: is "cdn.example.org". Write an address such as "https://cdn.example.org/site", or a path',
    ],
    [
      'WAYPOST_ASSET_BASE_URL',
      { WAYPOST_ASSET_BASE_URL: 'https://me:secret@cdn.example.org' },
      'WAYPOST_ASSET_BASE_URL: names a user or a password',
    ],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://x/y' }, 'DATABASE_URL: is not a Postgres address'],
    [
      'DATABASE_REPLICA_URLS',
      { DATABASE_URL: 'postgres://u:p@db/site', DATABASE_REPLICA_URLS: 'postgres://u:p@a/site, mysql://b/site' },
      'DATABASE_REPLICA_URLS: has, in place 2 of 2, what is not a Postgres address',
    ],
    [
      'DATABASE_REPLICA_URLS',
      { DATABASE_REPLICA_URLS: 'postgres://u:p@a/site' },
      'DATABASE_REPLICA_URLS: is set without DATABASE_URL',
    ],
    [
      'WAYPOST_GRAPHQL_MAX_DEPTH',
      { WAYPOST_GRAPHQL_MAX_DEPTH: '0' },
      'WAYPOST_GRAPHQL_MAX_DEPTH: is "0". Write a whole number from 1 to 100.',
    ],
    [
      'WAYPOST_GRAPHQL_DOCUMENTS',
      { WAYPOST_GRAPHQL_DOCUMENTS: 'nowhere.json' },
      'WAYPOST_GRAPHQL_DOCUMENTS: "/site/nowhere.json" cannot be read.',
    ],
    [
      'WAYPOST_STATEMENT_TIMEOUT_MS',
      { WAYPOST_STATEMENT_TIMEOUT_MS: '0' },
      'WAYPOST_STATEMENT_TIMEOUT_MS: is "0". Write a whole number from 100 to 3600000.',
    ],
    ['WAYPOST_WORKERS', { WAYPOST_WORKERS: '0' }, 'WAYPOST_WORKERS: is "0". Write a whole number from 1 to 64.'],
    ['NATS_URL', { NATS_URL: 'http://nats:4222' }, 'NATS_URL: is no address of NATS. Write "nats://host:4222"'],
    [
      'WAYPOST_TRUSTED_PROXIES',
      { WAYPOST_TRUSTED_PROXIES: '10.0.0.0/33' },
      'WAYPOST_TRUSTED_PROXIES: "10.0.0.0/33" is',
    ],
    ['WAYPOST_OWN_ADDRESSES', { WAYPOST_OWN_ADDRESSES: '192.0.2.1, x' }, 'WAYPOST_OWN_ADDRESSES: "x" is no network.'],
    [
      'WAYPOST_CLICKS_DURABILITY',
      { WAYPOST_CLICKS_DURABILITY: 'fast' },
      'WAYPOST_CLICKS_DURABILITY: is "fast". Write "durable" or "memory".',
    ],
    [
      'WAYPOST_CLICK_RETENTION_DAYS',
      { WAYPOST_CLICK_RETENTION_DAYS: '-1' },
      'WAYPOST_CLICK_RETENTION_DAYS: is "-1". Write a whole number from 1 to 36500.',
    ],
    [
      'WAYPOST_CLICK_ID_HEADER',
      { WAYPOST_CLICK_ID_HEADER: 'X Click' },
      'WAYPOST_CLICK_ID_HEADER: is "X Click". Write the name of a header',
    ],
    ['WAYPOST_ADMIN_TOKEN', { WAYPOST_ADMIN_TOKEN: 'short' }, 'WAYPOST_ADMIN_TOKEN: has 5 characters'],
    [
      'WAYPOST_SAMPLE',
      { WAYPOST_SAMPLE: 'true', DATABASE_URL: 'postgres://u:p@db/site' },
      'WAYPOST_SAMPLE: is "true" with DATABASE_URL',
    ],
  ])('refuses a bad %s by name', (_name, variables, message) => {
    expect(refusal(variables as Record<string, string>)).toContain(message);
  });

  it('names every bad value at once', () => {
    expect(refusal({ PORT: 'x', WAYPOST_SAMPLE: 'x' }).split('\n')).toHaveLength(2);
  });

  it('never repeats a database address, which may hold a password', () => {
    expect(refusal({ DATABASE_URL: 'http://user:secret@db/x' })).not.toContain('secret');
    expect(refusal({ DATABASE_REPLICA_URLS: 'http://user:secret@db/x' })).not.toContain('secret');
  });
});
