import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloDriver } from '@nestjs/apollo';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Field, GraphQLModule, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AffiliatesModule } from '../../../src/affiliates.js';
import { PartnersService } from '../../../src/partners/partners.service.js';
import { RedirectsService } from '../../../src/redirects/redirects.service.js';
import type { GraphqlAnswer } from '../../../src/testing/index.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

// A host with an Article and a data source of its own.
@ObjectType('Article')
class HostArticle {
  @Field()
  headline!: string;
}

@Resolver(() => HostArticle)
class HostResolver {
  @Query(() => [HostArticle])
  articles(): HostArticle[] {
    return [{ headline: 'From the host' }];
  }
}

class HostDataSource {
  readonly name = 'the data source of the host';
}

@Controller()
class HostController {
  constructor(@Inject(DataSource) private readonly dataSource: HostDataSource) {}

  @Get('host')
  host(): string {
    return this.dataSource.name;
  }
}

let app: NestExpressApplication;
let database: TestDatabase;
let folder: string;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'waypost-guest-'));

  @Module({
    imports: [
      AffiliatesModule.forRoot({
        database: { url: database.url },
        links: { publicUrl: 'https://host.example' },
        auth: {
          authorize: (request) =>
            request.headers['x-staff'] === 'yes'
              ? { name: 'Ann', scopes: ['affiliates:read', 'reports:read'] }
              : undefined,
        },
        redirects: { dataDirectory: folder },
      }),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, path: '/api' }),
    ],
    controllers: [HostController],
    providers: [HostResolver, { provide: DataSource, useClass: HostDataSource }],
  })
  class HostModule {}

  app = await NestFactory.create<NestExpressApplication>(HostModule, { logger: ['error'], abortOnError: false });
  app.use(app.get(RedirectsService).middleware);
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  await app
    .get(PartnersService)
    .createPartner({ key: 'shop', name: 'Shop', destinationUrl: 'https://shop.example/?tag=me' });
});

afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(query: string, headers: Record<string, string> = {}): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/api`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as GraphqlAnswer;
}

describe('Waypost as a guest', () => {
  it('leaves the host its own articles, and brings partners beside them', async () => {
    expect(await ask('{ articles { headline } affiliatePartners { nodes { key } } }', { 'x-staff': 'yes' })).toEqual({
      data: { articles: [{ headline: 'From the host' }], affiliatePartners: { nodes: [{ key: 'shop' }] } },
    });
  });

  it('believes the host about who somebody is', async () => {
    const refused = await ask('{ affiliatePartners { nodes { key } } }');
    expect(refused.data).toBeNull();
    const { data } = await ask('{ clickReport(input: {}) { rows { clicks } } }', { 'x-staff': 'yes' });
    expect(data.clickReport.rows).toEqual([{ clicks: 0 }]);
  });

  it('takes a token of the host for a stranger, not for an error', async () => {
    expect(await ask('{ articles { headline } }', { authorization: 'Bearer of-the-host' })).toMatchObject({
      data: { articles: [{ headline: 'From the host' }] },
    });
  });

  it('leaves the host its data source and its routes', async () => {
    expect(await (await fetch(`${url}/host`)).text()).toBe('the data source of the host');
    for (const path of ['/graphql', '/health/live', '/metrics', '/robots.txt']) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 404]);
    }
  });

  it('serves tracked links ahead of the host', async () => {
    const response = await fetch(`${url}/go/shop`, {
      redirect: 'manual',
      headers: { 'user-agent': 'Mozilla/5.0 Firefox/143.0', accept: 'text/html' },
    });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('https://shop.example/?tag=me');
  });

  it('keeps to its own schema in the database', async () => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    await client.end();
    expect(rows).toEqual([{ schemaname: 'waypost' }]);
  });
});
