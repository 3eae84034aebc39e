import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { AddressRules, AllowListError } from '../outbound/address-rules.js';
import { LOG_LEVELS } from '../observability/log.options.js';
import { AssetBaseError, readAssetBase } from '../articles/asset-base.js';
import {
  AddressNetworkError,
  AddressNetworks,
  parseTrustedProxies,
  type TrustedProxies,
} from '../clicks/client-address.js';
import type { GraphqlLimits, GraphqlOptions } from '../graphql/graphql.options.js';
import { DocumentsError, readRegisteredDocuments } from './registered-documents.js';
import { readEncryptionKey, SecretError } from '../webhooks/webhook-secret.js';

/** What the standalone server reads from its environment, checked and with defaults filled in. */
export interface Environment {
  readonly port: number;
  readonly host: string;
  /** undefined: the embedded Postgres in the data directory. */
  readonly databaseUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  /** Standbys that answer public queries. */
  readonly databaseReplicaUrls: readonly string[];
  /** Seconds that a start waits for a Postgres that cannot be reached. */
  readonly databaseWaitSeconds: number;
  /** Milliseconds that a statement of the API may run. */
  readonly statementTimeoutMs: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** undefined: `http://HOST:PORT` of the listening server. No trailing slash. */
  readonly publicUrl: string | undefined;
  /** Where the images of page bundles are served from: an address or a path. undefined: relative addresses stay. */
  readonly assetBaseUrl: string | undefined;
  readonly adminToken: string | undefined;
  /** Load the sample content on the very first start. */
  readonly sample: boolean;
  readonly production: boolean;
  readonly clicks: ClicksEnvironment;
  /** Networks and hosts that requests may reach besides public addresses. */
  readonly outboundAllow: readonly string[];
  /** Encrypts the secrets of webhooks. 32 bytes in base64. */
  readonly encryptionKey: string | undefined;
  /** Processes that share the port. */
  readonly workers: number;
  readonly http: HttpEnvironment;
  readonly graphql: GraphqlOptions;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** How the server stands in the open. */
export interface HttpEnvironment {
  /** undefined: metrics and health are served with everything else. */
  readonly operationsPort: number | undefined;
  readonly operationsHost: string;
  /** Origins whose pages may send mutations and tokens. */
  readonly corsOrigins: readonly string[];
  /** Requests a minute; 0: no limit, undefined: the default, which leaves this machine out. */
  readonly requestsPerAddress: number | undefined;
  readonly requestsPerToken: number | undefined;
  readonly logsRequests: boolean;
}

/** How clicks are recorded. */
export interface ClicksEnvironment {
  readonly trustedProxies: TrustedProxies;
  /** The publisher's own: their clicks are not counted. */
  readonly ownAddresses: AddressNetworks;
  readonly natsUrl: string | undefined;
  readonly durability: 'durable' | 'memory';
  readonly retentionDays: number;
  /** Response header that carries the id of a durably logged click. */
  readonly idHeader: string | undefined;
  /** A file in MaxMind's format that knows countries. */
  readonly countryDatabase: string | undefined;
}

export interface EnvironmentProblem {
  readonly variable: string;
  readonly message: string;
}

/** Lists every bad value at once, by name. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly EnvironmentProblem[]) {
    super(problems.map(({ variable, message }) => `${variable}: ${message}`).join('\n'));
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of README's table "Configuration". An empty value counts as unset.
 * @throws EnvironmentError that names every bad value and what to write instead.
 */
export function readEnvironment(variables: Variables, workingDirectory: string): Environment {
  const reader = new Reader(variables);
  const host = reader.host('HOST', '127.0.0.1');
  const databaseUrl = reader.postgresUrl('DATABASE_URL');
  const environment: Environment = {
    port: reader.integer('PORT', 3000, 0, 65_535),
    host,
    databaseUrl,
    databaseDirectUrl: reader.postgresUrl('DATABASE_DIRECT_URL'),
    databaseReplicaUrls: reader.postgresUrls('DATABASE_REPLICA_URLS'),
    databaseWaitSeconds: reader.integer('WAYPOST_DATABASE_WAIT_SECONDS', 30, 0, 3600),
    statementTimeoutMs: reader.integer('WAYPOST_STATEMENT_TIMEOUT_MS', 30_000, 100, 3_600_000),
    dataDirectory: resolve(workingDirectory, reader.text('WAYPOST_DATA_DIR') ?? '.waypost'),
    publicUrl: reader.origin('WAYPOST_PUBLIC_URL'),
    assetBaseUrl: reader.assetBase('WAYPOST_ASSET_BASE_URL'),
    adminToken: reader.secret('WAYPOST_ADMIN_TOKEN', 16),
    sample: reader.boolean('WAYPOST_SAMPLE', databaseUrl === undefined),
    production: variables['NODE_ENV'] === 'production',
    clicks: readClicks(reader, workingDirectory),
    outboundAllow: reader.allowList('WAYPOST_OUTBOUND_ALLOW'),
    encryptionKey: reader.encryptionKey('WAYPOST_ENCRYPTION_KEY'),
    workers: reader.integer('WAYPOST_WORKERS', 1, 1, 64),
    http: readHttp(reader, host),
    graphql: readGraphql(reader, workingDirectory),
    logLevel: reader.oneOf('WAYPOST_LOG_LEVEL', LOG_LEVELS),
  };
  if (environment.sample && databaseUrl !== undefined) {
    reader.refuse(
      'WAYPOST_SAMPLE',
      'is "true" with DATABASE_URL. Sample content is only loaded into the embedded database.',
    );
  }
  if (!isLoopback(host) && environment.publicUrl === undefined) {
    reader.refuse(
      'WAYPOST_PUBLIC_URL',
      `must be set when HOST is "${host}": tracked links need the address that readers use, such as "https://example.org".`,
    );
  }
  if (environment.databaseDirectUrl !== undefined && databaseUrl === undefined) {
    reader.refuse(
      'DATABASE_DIRECT_URL',
      'is set without DATABASE_URL. Set both, or neither for the embedded database.',
    );
  }
  if (environment.databaseReplicaUrls.length > 0 && databaseUrl === undefined) {
    reader.refuse(
      'DATABASE_REPLICA_URLS',
      'is set without DATABASE_URL. Set both, or neither for the embedded database.',
    );
  }
  reader.end();
  return environment;
}

/** Limits and the cache of the API; what is not set has the default of `GraphqlOptions`. */
function readGraphql(reader: Reader, workingDirectory: string): GraphqlOptions {
  const limits = Object.entries(GRAPHQL_LIMITS).flatMap(([name, [variable, most]]) =>
    reader.text(variable) === undefined ? [] : [[name, reader.integer(variable, 1, 1, most)] as const],
  );
  const cacheBytes = 'WAYPOST_GRAPHQL_CACHE_BYTES';
  const maxBytes = reader.text(cacheBytes) === undefined ? {} : { maxBytes: reader.integer(cacheBytes, 0, 0, 2 ** 40) };
  return {
    limits: Object.fromEntries(limits),
    cache: maxBytes.maxBytes === 0 ? false : maxBytes,
    introspection: reader.boolean('WAYPOST_GRAPHQL_INTROSPECTION', true),
    registeredDocuments: reader.documents('WAYPOST_GRAPHQL_DOCUMENTS', workingDirectory),
  };
}

/** The variable of each limit, and the most that it may be. */
const GRAPHQL_LIMITS: Readonly<Record<keyof GraphqlLimits, readonly [variable: string, most: number]>> = {
  depth: ['WAYPOST_GRAPHQL_MAX_DEPTH', 100],
  aliases: ['WAYPOST_GRAPHQL_MAX_ALIASES', 10_000],
  tokens: ['WAYPOST_GRAPHQL_MAX_TOKENS', 1_000_000],
  cost: ['WAYPOST_GRAPHQL_MAX_COST', 1_000_000_000],
  pageSize: ['WAYPOST_GRAPHQL_MAX_PAGE_SIZE', 100],
  bodyBytes: ['WAYPOST_GRAPHQL_MAX_BODY_BYTES', 1_073_741_824],
  executionMs: ['WAYPOST_GRAPHQL_TIMEOUT_MS', 600_000],
  validationErrors: ['WAYPOST_GRAPHQL_MAX_ERRORS', 100],
};

function readHttp(reader: Reader, host: string): HttpEnvironment {
  const optional = (variable: string, least: number, most: number): number | undefined =>
    reader.text(variable) === undefined ? undefined : reader.integer(variable, least, least, most);
  return {
    operationsPort: optional('WAYPOST_OPERATIONS_PORT', 0, 65_535),
    operationsHost: reader.host('WAYPOST_OPERATIONS_HOST', host),
    corsOrigins: reader.origins('WAYPOST_CORS_ORIGINS'),
    requestsPerAddress: optional('WAYPOST_REQUESTS_PER_ADDRESS', 0, 10_000_000),
    requestsPerToken: optional('WAYPOST_REQUESTS_PER_TOKEN', 0, 10_000_000),
    logsRequests: reader.boolean('WAYPOST_LOG_REQUESTS', false),
  };
}

function readClicks(reader: Reader, workingDirectory: string): ClicksEnvironment {
  const countryDatabase = reader.text('WAYPOST_COUNTRY_DATABASE');
  return {
    trustedProxies: reader.trustedProxies('WAYPOST_TRUSTED_PROXIES'),
    ownAddresses: reader.networks('WAYPOST_OWN_ADDRESSES'),
    natsUrl: reader.natsUrl('NATS_URL'),
    durability: reader.oneOf('WAYPOST_CLICKS_DURABILITY', ['durable', 'memory']),
    retentionDays: reader.integer('WAYPOST_CLICK_RETENTION_DAYS', 90, 1, 36_500),
    idHeader: reader.headerName('WAYPOST_CLICK_ID_HEADER'),
    countryDatabase: countryDatabase === undefined ? undefined : resolve(workingDirectory, countryDatabase),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isPostgresUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  return isPostgres && url.pathname.length > 1;
}

class Reader {
  private readonly problems: EnvironmentProblem[] = [];

  constructor(private readonly variables: Variables) {}

  refuse(variable: string, message: string): undefined {
    this.problems.push({ variable, message });
    return undefined;
  }

  end(): void {
    if (this.problems.length > 0) throw new EnvironmentError(this.problems);
  }

  text(variable: string): string | undefined {
    return this.variables[variable] || undefined;
  }

  integer(variable: string, fallback: number, least: number, most: number): number {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.refuse(variable, `is ${JSON.stringify(text)}. Write a whole number from ${least} to ${most}.`);
    return fallback;
  }

  boolean(variable: string, fallback: boolean): boolean {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    if (text === 'true' || text === 'false') return text === 'true';
    this.refuse(variable, `is ${JSON.stringify(text)}. Write "true" or "false".`);
    return fallback;
  }

  /** The first is the default. */
  oneOf<Value extends string>(variable: string, values: readonly [Value, ...Value[]]): Value {
    const text = this.text(variable);
    const value = values.find((one) => one === text);
    if (text === undefined || value !== undefined) return value ?? values[0];
    this.refuse(variable, `is ${JSON.stringify(text)}. Write ${values.map((one) => `"${one}"`).join(' or ')}.`);
    return values[0];
  }

  trustedProxies(variable: string): TrustedProxies {
    try {
      return parseTrustedProxies(this.text(variable) ?? '');
    } catch (error) {
      if (!(error instanceof AddressNetworkError)) throw error;
      this.refuse(variable, `${error.message} Or write how many proxies stand in front, such as 1.`);
      return { kind: 'none' };
    }
  }

  /** Separated by commas; without those that are empty. */
  private entries(variable: string): string[] {
    return (this.text(variable) ?? '').split(',').flatMap((entry) => entry.trim() || []);
  }

  networks(variable: string): AddressNetworks {
    try {
      return AddressNetworks.parse(this.entries(variable));
    } catch (error) {
      if (!(error instanceof AddressNetworkError)) throw error;
      this.refuse(variable, error.message);
      return AddressNetworks.parse([]);
    }
  }

  /** The value never stands in the message. */
  encryptionKey(variable: string): string | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    try {
      readEncryptionKey(text);
      return text;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      return this.refuse(variable, error.message);
    }
  }

  assetBase(variable: string): string | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    try {
      readAssetBase(text);
      return text;
    } catch (error) {
      if (!(error instanceof AssetBaseError)) throw error;
      return this.refuse(variable, error.problem);
    }
  }

  /** Of a file. */
  documents(variable: string, workingDirectory: string): readonly string[] | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    try {
      return readRegisteredDocuments(resolve(workingDirectory, text));
    } catch (error) {
      if (!(error instanceof DocumentsError)) throw error;
      return this.refuse(variable, error.message);
    }
  }

  allowList(variable: string): readonly string[] {
    const entries = this.entries(variable);
    try {
      AddressRules.parse(entries);
      return entries;
    } catch (error) {
      if (!(error instanceof AllowListError)) throw error;
      this.refuse(variable, error.message);
      return [];
    }
  }

  /** The value never stands in the message: it may hold a password. */
  natsUrl(variable: string): string | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    const isNats = text.split(',').every((part) => URL.canParse(part.trim()) && /^(nats|tls):\/\/./.test(part.trim()));
    if (isNats) return text;
    return this.refuse(variable, 'is no address of NATS. Write "nats://host:4222", several separated by commas.');
  }

  headerName(variable: string): string | undefined {
    const text = this.text(variable);
    if (text === undefined || /^[A-Za-z0-9-]{1,64}$/.test(text)) return text;
    return this.refuse(variable, `is ${JSON.stringify(text)}. Write the name of a header, such as "X-Click-Id".`);
  }

  host(variable: string, fallback: string): string {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text);
    if (isIP(text) !== 0 || isName) return text;
    this.refuse(variable, `is ${JSON.stringify(text)}. Write an IP address or a host name, without port or scheme.`);
    return fallback;
  }

  secret(variable: string, least: number): string | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    if (text.length < least) return this.refuse(variable, `has ${text.length} characters. Use at least ${least}.`);
    if (/^[A-Za-z0-9\-._~+/]+=*$/.test(text)) return text;
    return this.refuse(
      variable,
      'has characters that an Authorization header cannot carry. Use letters, digits, "-", "." and "_".',
    );
  }

  /** The value never stands in the message: it may hold a password. */
  postgresUrl(variable: string): string | undefined {
    const text = this.text(variable);
    if (text === undefined) return undefined;
    if (isPostgresUrl(text)) return text;
    return this.refuse(variable, 'is not a Postgres address. Write "postgres://user:password@host:5432/database".');
  }

  /** No value stands in the message, only its place. */
  postgresUrls(variable: string): readonly string[] {
    const parts = (this.text(variable) ?? '').split(',').map((part) => part.trim());
    for (const [index, part] of parts.entries()) {
      if (part === '' || isPostgresUrl(part)) continue;
      this.refuse(
        variable,
        `has, in place ${index + 1} of ${parts.length}, what is not a Postgres address. Write "postgres://user:password@host:5432/database", several separated by commas; a comma in a password is written %2C.`,
      );
    }
    return parts.filter((part) => part !== '');
  }

  origins(variable: string): string[] {
    const parts = (this.text(variable) ?? '').split(',').map((part) => part.trim());
    return parts.flatMap((part) => (part === '' ? [] : (this.originOf(variable, part) ?? [])));
  }

  origin(variable: string): string | undefined {
    const text = this.text(variable);
    return text === undefined ? undefined : this.originOf(variable, text);
  }

  private originOf(variable: string, text: string): string | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
    const isBare =
      url !== undefined &&
      url.username === '' &&
      url.password === '' &&
      url.pathname === '/' &&
      url.search === '' &&
      url.hash === '';
    if (isWeb && isBare) return url.origin;
    return this.refuse(
      variable,
      `is ${JSON.stringify(text)}. Write an origin such as "https://example.org": http or https, without path, query or user.`,
    );
  }
}
