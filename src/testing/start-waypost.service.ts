import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../app.module.js';
import { startEmbeddedPostgres } from '../database/embedded-postgres.js';
import { HttpDoor, signInSettingsOf } from '../http/http-door.middleware.js';
import { HttpErrorFilter } from '../http/http-error.filter.js';
import type { HttpOptions } from '../http/http.options.js';
import { GraphqlServer } from '../graphql/graphql-server.middleware.js';
import { RedirectsService } from '../redirects/redirects.service.js';
import type { WaypostOptions } from '../waypost.options.js';

export interface TestWaypostOptions {
  /** An empty database. Default: an embedded Postgres in a temporary folder, 1 to 2 seconds to start. */
  readonly databaseUrl?: string;
  /** Anything else of the options. */
  readonly waypost?: Partial<WaypostOptions>;
  /** How it stands in the open. Default: as the server does. */
  readonly http?: HttpOptions;
}

export interface GraphqlAnswer {
  // What a query answers is the caller's to know.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export interface TestWaypost {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly app: NestExpressApplication;
  /** Every scope. */
  readonly adminToken: string;
  /** As the administrator; with `token: null` as a stranger. */
  query(document: string, variables?: object, token?: string | null): Promise<GraphqlAnswer>;
  /** The `data` of a query. @throws Error when it has errors. */
  data(document: string, variables?: object, token?: string | null): Promise<GraphqlAnswer['data']>;
  /** A published article; its title is its slug. @throws Error with the userErrors when it is refused. */
  createArticle(input: {
    readonly slug: string;
    readonly [field: string]: unknown;
  }): Promise<{ id: string; path: string }>;
  /** @throws Error with the userErrors when it is refused. */
  createPartner(input: {
    readonly key: string;
    readonly [field: string]: unknown;
  }): Promise<{ key: string; revision: number }>;
  close(): Promise<void>;
}

const ADMIN_TOKEN = 'test-admin-token-with-every-scope';
/** Links have this origin, whatever the port, so that a test can compare HTML. */
const PUBLIC_URL = 'https://waypost.test';

/** Boots Waypost as it runs standalone. Close it when the tests are done. */
export async function startWaypost(options: TestWaypostOptions = {}): Promise<TestWaypost> {
  const database =
    options.databaseUrl === undefined ? await startDatabase() : { url: options.databaseUrl, stop: async () => {} };
  const dataDirectory = await mkdtemp(join(tmpdir(), 'waypost-data-'));
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({
      production: false,
      signIn: signInSettingsOf(options.http ?? {}),
      waypost: {
        database: { url: database.url },
        links: { publicUrl: PUBLIC_URL },
        auth: { adminToken: ADMIN_TOKEN },
        redirects: { dataDirectory },
        ...options.waypost,
      },
    }),
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  app.use(app.get(RedirectsService).middleware);
  app.use(new HttpDoor(options.http ?? {}).enter);
  app.useGlobalFilters(new HttpErrorFilter());
  app.use(app.get(GraphqlServer).ahead);
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const query: TestWaypost['query'] = (document, variables = {}, token = ADMIN_TOKEN) =>
    postGraphql(url, document, variables, token);
  const data: TestWaypost['data'] = async (...parameters) => {
    const answer = await query(...parameters);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
  return {
    url,
    app,
    adminToken: ADMIN_TOKEN,
    query,
    data,
    createArticle: async (input) => {
      const whole = { title: input.slug, source: '', status: 'PUBLISHED', ...input };
      const payload = (await data(CREATE_ARTICLE, { input: whole })).createArticle;
      if (!payload.article) throw new Error(JSON.stringify(payload.userErrors));
      return payload.article;
    },
    createPartner: async (input) => {
      const whole = { name: input.key, destinationUrl: `https://${input.key.replaceAll('_', '-')}.example/`, ...input };
      const payload = (await data(CREATE_PARTNER, { input: whole })).createAffiliatePartner;
      if (!payload.affiliatePartner) throw new Error(JSON.stringify(payload.userErrors));
      return payload.affiliatePartner;
    },
    close: async () => {
      await app.close();
      await database.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

const CREATE_ARTICLE = `mutation ($input: CreateArticleInput!) {
  createArticle(input: $input) { article { id path } userErrors { code message field } }
}`;
const CREATE_PARTNER = `mutation ($input: CreateAffiliatePartnerInput!) {
  createAffiliatePartner(input: $input) { affiliatePartner { key revision } userErrors { code message field } }
}`;

async function startDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-test-'));
  // Nothing here outlives the tests, so nothing waits for the disk.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const postgres = await startEmbeddedPostgres({ dataDirectory: folder, settings });
  return {
    url: postgres.connectionString,
    stop: async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function postGraphql(
  url: string,
  query: string,
  variables: object,
  token: string | null,
): Promise<GraphqlAnswer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}
