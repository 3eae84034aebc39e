import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import pg from 'pg';
import { ArticlesService } from '../src/articles/articles.service.js';
import { newDraft } from '../src/articles/draft-changes.js';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { startWaypost } from '../src/testing/index.js';
import { growArticles } from '../test/support/grow-articles.js';
import { readBenchOptions } from './bench-options.js';
import {
  QUESTIONS,
  type BenchAnswer,
  type BenchArticle,
  type Question,
  type ServerKind,
  type ServerTask,
} from './graphql-questions.js';

/**
 * Requests a second of the GraphQL API, beside its limits and beside plain Nest + Apollo, in turns in one run:
 *   npm run bench -- graphql [--quick] [--articles 2000] [--connections 16] [--seconds 5] [--rounds 5] [--grow 50]
 * `--grow 50` asks once more with 50 times as many articles, and prints how much slower that is; 0 leaves it out.
 */
const { number } = readBenchOptions({
  articles: { usual: '2000' },
  connections: { usual: '16' },
  seconds: { usual: '5', quick: '2' },
  rounds: { usual: '5', quick: '2' },
  grow: { usual: '50', quick: '0' },
});

/** Requests/s of others on two cores, measured once with the same questions. */
const PEERS = { Keystone: { Q1: 519, Q2: 65, Q3: 57 } } as const;
const NAMES = Object.keys(QUESTIONS) as Question[];
const TAG_COUNT = 50;
/** Headers that Node writes by itself. */
const OF_NODE: ReadonlySet<string> = new Set(['date', 'connection', 'keep-alive']);
/** Requests that were sent: no two are the same. */
let sent = 0;

interface Load {
  readonly name: string;
  readonly server: ServerKind;
  /** The request number `n` to a question. */
  readonly request: (question: Question, n: number) => { readonly path: string; readonly body?: string };
}

const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
const databaseUrl = postgres.connectionString;
const client = new pg.Client({ connectionString: databaseUrl });
const children: ChildProcess[] = [];
try {
  await client.connect();
  await measure();
} finally {
  for (const child of children) child.disconnect();
  await client.end();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const { articles, cursor } = await fill();
  const variables: Record<Question, (kind: ServerKind, n: number) => object> = {
    Q1: (_kind, n) => ({ slug: articles[n % articles.length]?.slug }),
    Q2: () => ({}),
    Q3: (kind) => ({ after: kind === 'plain' ? articles[49]?.publishedAt : cursor }),
  };
  const get = (question: Question): string =>
    `/graphql?${new URLSearchParams({
      query: QUESTIONS[question],
      variables: JSON.stringify(variables[question]('waypost', 0)),
    }).toString()}`;
  // A variable that nobody declared is ignored, and makes the request another one.
  const post = (kind: ServerKind) => (question: Question, n: number) => ({
    path: '/graphql',
    body: JSON.stringify({ query: QUESTIONS[question], variables: { ...variables[question](kind, n), n } }),
  });
  const loads: Load[] = [
    { name: 'bare node:http, the same body', server: 'body', request: (question) => ({ path: get(question) }) },
    { name: 'bare node:http, the same bytes', server: 'bare', request: (question) => ({ path: get(question) }) },
    { name: 'Waypost, the same query again', server: 'waypost', request: (question) => ({ path: get(question) }) },
    { name: 'graphql-js from memory', server: 'memory', request: post('memory') },
    { name: 'plain Nest + Apollo, one statement', server: 'plain', request: post('plain') },
    { name: 'Waypost, another query each time', server: 'waypost', request: post('waypost') },
  ];
  const waypostPort = await startServer({ kind: 'waypost', databaseUrl, directory, articles: [], answers: {} });
  const answers: Record<string, BenchAnswer> = {};
  for (const question of NAMES) {
    const response = await fetch(`http://127.0.0.1:${waypostPort}${get(question)}`);
    const headers = [...response.headers].filter(([name]) => !OF_NODE.has(name)).flat();
    answers[get(question)] = { headers, body: await response.text() };
  }
  const ports: Record<ServerKind, number> = { waypost: waypostPort, plain: 0, memory: 0, bare: 0, body: 0 };
  for (const kind of ['plain', 'memory', 'bare', 'body'] as const) {
    ports[kind] = await startServer({ kind, databaseUrl, directory, articles, answers });
  }
  const rates = new Map<string, number[]>();
  for (let round = 0; round < number('rounds'); round += 1) {
    for (const question of NAMES) {
      for (const load of round % 2 === 0 ? loads : loads.toReversed()) {
        const key = `${load.name} ${question}`;
        rates.set(key, [...(rates.get(key) ?? []), await rateOf(ports[load.server], load, question)]);
      }
    }
  }
  print(loads, (name, question) => median(rates.get(`${name} ${question}`) ?? []));
  if (number('grow') > 1) await measureGrowth(waypostPort, articles, cursor);
}

/** 5 KB each, 50 tags, 3 each. @returns what the others serve, newest first, and where the second page begins. */
async function fill(): Promise<{ readonly articles: BenchArticle[]; readonly cursor: string }> {
  const waypost = await startWaypost({ databaseUrl, waypost: { redirects: false, background: false } });
  const service = waypost.app.get(ArticlesService, { strict: false });
  const paragraph = 'An ordinary paragraph with **some** words, a [link](https://example.org/) and `code`. ';
  const drafts = Array.from({ length: number('articles') }, (_none, index) => {
    const source = Array.from({ length: 12 }, () => paragraph.repeat(5).trimEnd()).join('\n\n');
    const tags = [1, 7, 19].map((step) => `Tag ${(index * step + step) % TAG_COUNT}`);
    const publishedAt = new Date(Date.UTC(2024, 0, 1) + index * 60_000);
    const rare = index % 100 === 0 ? `needle${index}` : '';
    const slug = `article-${index}`;
    return newDraft(
      { slug, title: `Article ${index}`, source: `${rare} ${source}`, tags, status: 'published', publishedAt } as never,
      'en',
      true,
    );
  });
  for (let at = 0; at < drafts.length; at += 200) await service.saveDrafts(drafts.slice(at, at + 200));
  await client.query('VACUUM ANALYZE');
  const articles: BenchArticle[] = [];
  let cursor = '';
  for (let after: string | null = null; ;) {
    const { articles: page } = await waypost.data(
      `query ($after: String) { articles(first: 50, after: $after) {
        nodes { id slug title html updatedAt publishedAt tags { name slug } } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    articles.push(...(page.nodes as BenchArticle[]));
    after = page.pageInfo.endCursor as string;
    if (cursor === '') cursor = after;
    if (!page.pageInfo.hasNextPage) break;
  }
  await waypost.close();
  await fillPlain(articles);
  return { articles, cursor };
}

async function fillPlain(articles: readonly BenchArticle[]): Promise<void> {
  await client.query(`
    CREATE SCHEMA plain;
    CREATE TABLE plain.articles (id uuid PRIMARY KEY, slug text UNIQUE, title text, html text, updated_at timestamptz, published_at timestamptz);
    CREATE INDEX ON plain.articles (published_at DESC, id DESC);
    CREATE TABLE plain.tags (id uuid PRIMARY KEY, slug text, name text);
    CREATE TABLE plain.article_tags (article_id uuid, tag_id uuid, position integer, PRIMARY KEY (article_id, tag_id));
    INSERT INTO plain.tags SELECT id, slug, name FROM waypost.tags;
    INSERT INTO plain.article_tags SELECT article_id, tag_id, position FROM waypost.article_tags`);
  await client.query(
    `INSERT INTO plain.articles SELECT id, slug, title, html, "updatedAt", "publishedAt"
       FROM json_to_recordset($1) AS row (id uuid, slug text, title text, html text, "updatedAt" timestamptz, "publishedAt" timestamptz)`,
    [JSON.stringify(articles)],
  );
  await client.query('VACUUM ANALYZE');
}

async function startServer(task: ServerTask): Promise<number> {
  const child = fork(fileURLToPath(new URL('graphql-server.js', import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  children.push(child);
  child.send(task);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return port;
}

async function rateOf(port: number, { request }: Pick<Load, 'request'>, question: Question): Promise<number> {
  const first = request(question, 0);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: number('connections'),
    duration: number('seconds'),
    requests: [
      {
        method: first.body === undefined ? 'GET' : 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        path: first.path,
        ...(first.body !== undefined && {
          setupRequest: (one: autocannon.Request) => ({ ...one, body: request(question, (sent += 1)).body }),
        }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${question}: ${result.non2xx} answers were no 2xx, ${result.errors} requests failed.`);
  }
  return result.requests.average;
}

function print(loads: readonly Load[], rateAt: (name: string, question: Question) => number): void {
  const line = (name: string, cells: readonly string[]) =>
    console.log(`${name.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join('')}`);
  console.log(`requests/s, ${number('connections')} connections, median of ${number('rounds')} rounds in turns`);
  line('', NAMES);
  for (const { name } of loads) {
    line(
      name,
      NAMES.map((question) => rateAt(name, question).toFixed(0)),
    );
  }
  const ratio = (title: string, one: number, other: number | readonly number[]) =>
    line(
      title,
      NAMES.map((question, index) => {
        const below = typeof other === 'number' ? rateAt(loads[other]?.name ?? '', question) : (other[index] ?? 0);
        return (rateAt(loads[one]?.name ?? '', question) / below).toFixed(2);
      }),
    );
  ratio('the same again / bare (aim 0.5)', 2, 1);
  ratio('the same again / bare, body alone', 2, 0);
  ratio('another / plain (aim 1)', 5, 4);
  ratio('another / graphql-js from memory', 5, 3);
  for (const [peer, rates] of Object.entries(PEERS)) {
    ratio(
      `another / ${peer} (aim 8 of Q2, Q3)`,
      5,
      NAMES.map((question) => rates[question]),
    );
  }
}

/** Milliseconds of one request after the other, with few and with many articles. */
async function measureGrowth(port: number, articles: readonly BenchArticle[], cursor: string): Promise<void> {
  const ask = async (query: string, variables: object): Promise<Record<string, unknown>> => {
    const body = JSON.stringify({ query, variables: { ...variables, n: (sent += 1) } });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body });
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    'Q1, by slug': () => ask(QUESTIONS.Q1, { slug: articles[sent % articles.length]?.slug }),
    'Q2, newest 20': () => ask(QUESTIONS.Q2, {}),
    'Q3, page of 50': () => ask(QUESTIONS.Q3, { after: cursor }),
    'search, a word of one article': () =>
      ask(`query ($q: String!) { searchArticles(query: $q) { nodes { snippetHtml } } }`, { q: 'needle0' }),
    'changes, the last ones': async () => {
      const { syncToken } = await ask('{ syncToken }', {});
      return ask(`query ($s: String!) { changes(since: $s) { nodes { id } } }`, { s: syncToken });
    },
  };
  const few = await timesOf(questions);
  console.log(`growing to ${number('articles') * number('grow')} articles ...`);
  await growArticles(client, number('grow'));
  // Copies have the words of their originals: the one that is searched for is to stay one.
  await client.query(`UPDATE waypost.article_texts SET search = '' WHERE search @@ 'needle0'::tsquery AND article_id NOT IN (
    SELECT id FROM waypost.articles WHERE slug = 'article-0')`);
  await client.query('VACUUM ANALYZE');
  const many = await timesOf(questions);
  for (const name of Object.keys(questions)) {
    const [one = 0, other = 0] = [few.get(name), many.get(name)];
    console.log(
      `${name.padEnd(38)}${one.toFixed(2).padStart(9)} ms${other.toFixed(2).padStart(9)} ms   times ${(other / one).toFixed(2)} (aim 1.5)`,
    );
  }
}

async function timesOf(questions: Readonly<Record<string, () => Promise<unknown>>>): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const [name, ask] of Object.entries(questions)) {
    const took: number[] = [];
    for (let run = 0; run < 200; run += 1) {
      const startedMs = performance.now();
      await ask();
      took.push(performance.now() - startedMs);
    }
    times.set(name, median(took.slice(50)));
  }
  return times;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
