import 'reflect-metadata';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { buildSchema, executeSync, parse, validate, type DocumentNode } from 'graphql';
import pg from 'pg';
import { readEnvironment } from '../src/config/environment.js';
import { startServer } from '../src/main.js';
import { PLAIN_SCHEMA, type BenchArticle, type ServerTask } from './graphql-questions.js';

/** One server of `npm run bench -- graphql`, in a process of its own. It is told what to be, and tells its port. */
process.once('message', (task: ServerTask) => {
  const start = { waypost, plain, memory, bare, body: bareBody }[task.kind];
  void start(task).then((port) => process.send?.({ port }));
});
process.once('disconnect', () => process.exit());

/** As `waypost serve` starts it. */
async function waypost({ databaseUrl, directory }: ServerTask): Promise<number> {
  const environment = readEnvironment({ DATABASE_URL: databaseUrl, PORT: '0', NODE_ENV: 'production' }, directory);
  const { url } = await startServer(environment, () => undefined);
  return Number(new URL(url).port);
}

const TAGS = `coalesce((SELECT json_agg(json_build_object('name', tag.name, 'slug', tag.slug) ORDER BY link.position)
  FROM plain.article_tags link JOIN plain.tags tag ON tag.id = link.tag_id WHERE link.article_id = article.id), '[]') AS tags`;

/** Nest and Apollo as their manuals show them, and one SQL statement a question. */
async function plain({ databaseUrl }: ServerTask): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const Query = {
    article: async (_root: unknown, { slug }: { slug: string }) => {
      const sql = `SELECT title, html, updated_at AS "updatedAt", ${TAGS} FROM plain.articles article WHERE slug = $1`;
      return (await pool.query<BenchArticle>(sql, [slug])).rows[0];
    },
    articles: async (_root: unknown, { first, after }: { first: number; after?: string }) => {
      const sql = `SELECT slug, title, updated_at AS "updatedAt", ${TAGS} FROM plain.articles article
                    WHERE $2::timestamptz IS NULL OR published_at < $2 ORDER BY published_at DESC, id DESC LIMIT $1`;
      return { nodes: (await pool.query<BenchArticle>(sql, [first, after])).rows };
    },
  };
  const Article = { updatedAt: ({ updatedAt }: { updatedAt: Date }) => updatedAt.toISOString() };
  class PlainModule {}
  Module({
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: PLAIN_SCHEMA,
        resolvers: { Query, Article },
      }),
    ],
  })(PlainModule);
  const app = await NestFactory.create(PlainModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return (app.getHttpServer().address() as AddressInfo).port;
}

/** What graphql-js itself takes: parsed and validated once, executed each time, nothing but memory behind it. */
function memory({ articles }: ServerTask): Promise<number> {
  const schema = buildSchema(PLAIN_SCHEMA);
  const bySlug = new Map(articles.map((article) => [article.slug, article]));
  const rootValue = {
    article: ({ slug }: { slug: string }) => bySlug.get(slug),
    articles: ({ first }: { first: number }) => ({ nodes: articles.slice(0, first) }),
  };
  const documents = new Map<string, DocumentNode>();
  return listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
        query: string;
        variables: Record<string, unknown>;
      };
      let document = documents.get(query);
      if (!document) {
        document = parse(query);
        if (validate(schema, document).length > 0) throw new Error('The question is not valid.');
        documents.set(query, document);
      }
      const result = executeSync({ schema, document, rootValue, variableValues: variables });
      response.setHeader('Content-Type', 'application/json; charset=utf-8');
      response.end(JSON.stringify(result));
    });
  });
}

/** What Node takes to send these bytes, headers and all. */
function bare({ answers }: ServerTask): Promise<number> {
  const kept = new Map(
    Object.entries(answers).map(([path, { body, headers }]) => [path, { body: Buffer.from(body), headers }]),
  );
  return listen((request, response) => {
    const { body, headers } = kept.get(request.url ?? '') ?? { body: Buffer.alloc(0), headers: [] };
    response.writeHead(200, [...headers]);
    response.end(body);
  });
}

/** The same body with no header that could be left out. */
function bareBody(task: ServerTask): Promise<number> {
  const answers = Object.entries(task.answers).map(([path, { body }]) => {
    const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', `${Buffer.byteLength(body)}`];
    return [path, { body, headers }] as const;
  });
  return bare({ ...task, answers: Object.fromEntries(answers) });
}

async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
