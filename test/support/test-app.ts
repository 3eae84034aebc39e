import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../src/app.module.js';
import type { WaypostOptions } from '../../src/waypost.options.js';
import type { TestDatabase } from './test-database.js';
import { createTestDatabase } from './test-database.js';

export const ADMIN_TOKEN = 'test-admin-token-with-every-scope';
/** Links in tests have this origin, whatever the port. */
export const PUBLIC_URL = 'https://waypost.test';

interface GraphqlAnswer {
  // Tests name what they expect; `toMatchObject` checks it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  readonly errors?: { message: string; extensions: { code: string } }[];
}

export interface TestApp {
  readonly url: string;
  readonly database: TestDatabase;
  readonly app: NestExpressApplication;
  /** As the administrator; `token: null` asks anonymously. */
  query(document: string, variables?: object, token?: string | null): Promise<GraphqlAnswer>;
  /** The `data` of a query that must not have errors. */
  // oxlint-disable-next-line typescript/no-explicit-any
  data(document: string, variables?: object, token?: string | null): Promise<any>;
  close(): Promise<void>;
}

/** Boots standalone Waypost over HTTP on a free port, with a database of its own. */
export async function startTestApp(options: Partial<WaypostOptions> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({
      production: false,
      waypost: {
        database: { url: database.url },
        links: { publicUrl: PUBLIC_URL },
        auth: { adminToken: ADMIN_TOKEN },
        ...options,
      },
    }),
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const query = (document: string, variables: object = {}, token: string | null = ADMIN_TOKEN) =>
    postGraphql(url, document, variables, token);
  return {
    url,
    database,
    app,
    query,
    data: async (...parameters) => {
      const answer = await query(...parameters);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    close: async () => {
      await app.close();
      await database.drop();
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
