import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArticleOrderField, OrderDirection } from '../../../src/articles/article.input.js';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import type { ArticleOrder } from '../../../src/articles/article.input.js';
import type { PageArgs } from '../../../src/graphql/connection.type.js';
import { readPage } from '../../../src/graphql/connection.type.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

/** Few values, so that most rows tie. */
interface Row {
  readonly title: string;
  readonly publishedAt: string | null;
  readonly updatedAt: string;
}

const moment = fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z', '2026-02-01T00:00:00.000Z');
const row: fc.Arbitrary<Row> = fc.record({
  title: fc.constantFrom('a', 'B', 'b', 'é', 'z z'),
  publishedAt: fc.option(moment),
  updatedAt: moment,
});
const order: fc.Arbitrary<ArticleOrder[]> = fc.uniqueArray(
  fc.record({
    field: fc.constantFrom(ArticleOrderField.TITLE, ArticleOrderField.PUBLISHED_AT, ArticleOrderField.UPDATED_AT),
    direction: fc.constantFrom(OrderDirection.ASC, OrderDirection.DESC),
  }),
  { selector: ({ field }) => field, maxLength: 3 },
);

let waypost: TestApp;
let articles: ArticlesService;
let database: DataSource;

beforeAll(async () => {
  waypost = await startTestApp();
  articles = waypost.app.get(ArticlesService, { strict: false });
  database = waypost.app.get(DataSource, { strict: false });
});

afterAll(() => waypost.close());
beforeEach(() => database.query(`DELETE FROM waypost.articles`));

async function insert(rows: readonly Row[]): Promise<string[]> {
  const ids = rows.map(() => randomUUID());
  await database.query(
    `INSERT INTO waypost.articles (id, path, slug, title, source, compiled, content_hash, published_at, updated_at)
     SELECT id, id::text, id::text, title, '', '{}', '', published_at, updated_at
       FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
         AS row (id, title, published_at, updated_at)`,
    [ids, rows.map((one) => one.title), rows.map((one) => one.publishedAt), rows.map((one) => one.updatedAt)],
  );
  return ids;
}

const list = (args: PageArgs, orderBy: readonly ArticleOrder[]) =>
  articles.listArticles(readPage(args), true, undefined, orderBy);

/** The whole list, sorted by Postgres in one go. */
async function readAll(orderBy: readonly ArticleOrder[]): Promise<string[]> {
  const keys = orderBy.length > 0 ? orderBy : [{ field: 'published_at', direction: 'DESC' }];
  const sql = keys.map(({ field, direction }) => `${field} ${direction} NULLS LAST`).join(', ');
  const rows = await database.query<{ id: string }[]>(
    `SELECT id FROM waypost.articles ORDER BY ${sql}, id ${keys.at(-1)?.direction}`,
  );
  return rows.map(({ id }) => id);
}

async function walkForward(size: number, orderBy: readonly ArticleOrder[], onPage = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  for (;;) {
    const { edges, pageInfo } = await list({ first: size, after }, orderBy);
    ids.push(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasNextPage) return ids;
    after = pageInfo.endCursor;
    await onPage();
  }
}

async function walkBackward(size: number, orderBy: readonly ArticleOrder[]): Promise<string[]> {
  const ids: string[] = [];
  let before: string | null = null;
  for (;;) {
    const { edges, pageInfo } = await list({ last: size, before }, orderBy);
    ids.unshift(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasPreviousPage) return ids;
    before = pageInfo.startCursor;
  }
}

/** Relay's algorithm, word for word, on a list in memory. `after` and `before` are places in it. */
function relayPage(all: readonly string[], args: { first?: number; last?: number; after?: number; before?: number }) {
  const start = args.after === undefined ? 0 : args.after + 1;
  const end = args.before ?? all.length;
  const window = all.slice(start, Math.max(start, end));
  const { first, last } = args;
  const ids = first === undefined ? window.slice(Math.max(0, window.length - (last ?? 0))) : window.slice(0, first);
  return {
    ids,
    hasPreviousPage: last === undefined ? args.after !== undefined : window.length > last,
    hasNextPage: first === undefined ? args.before !== undefined : window.length > first,
  };
}

describe('a connection', () => {
  it('has no gap and no duplicate, and forward is the reverse of backward', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        order,
        fc.integer({ min: 1, max: 5 }),
        async (rows, by, size) => {
          await database.query(`DELETE FROM waypost.articles`);
          await insert(rows);
          const all = await readAll(by);
          expect(await walkForward(size, by)).toEqual(all);
          expect(await walkBackward(size, by)).toEqual(all);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("answers any first, last, after and before as Relay's algorithm does", async () => {
    const place = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
    const size = fc.integer({ min: 0, max: 6 });
    const page = fc.oneof(
      fc.record({ first: size, after: place, before: place }),
      fc.record({ last: size, after: place, before: place }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 10, maxLength: 10 }),
        order,
        fc.array(page),
        async (rows, by, pages) => {
          await database.query(`DELETE FROM waypost.articles`);
          await insert(rows);
          const { edges } = await list({ first: 10 }, by);
          const all = edges.map(({ node }) => node.id);
          const cursorAt = (index: number | undefined) => (index === undefined ? undefined : edges[index]?.cursor);
          for (const one of pages) {
            const answered = await list({ ...one, after: cursorAt(one.after), before: cursorAt(one.before) }, by);
            const { hasNextPage, hasPreviousPage } = answered.pageInfo;
            const ids = answered.edges.map(({ node }) => node.id);
            expect({ ids, hasNextPage, hasPreviousPage }).toEqual(relayPage(all, one));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('shows what was there all along exactly once, whatever is written meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 5, maxLength: 12 }),
        fc.infiniteStream(row),
        order,
        async (rows, more, by) => {
          await database.query(`DELETE FROM waypost.articles`);
          const lasting = await insert(rows);
          const passing = await insert([...more.take(3)]);
          const seen = await walkForward(2, by, async () => {
            await insert([...more.take(1)]);
            await database.query(`DELETE FROM waypost.articles WHERE id = $1`, [passing.pop()]);
          });
          expect(new Set(seen).size).toBe(seen.length);
          const kept = new Set(lasting);
          expect(seen.filter((id) => kept.has(id))).toEqual((await readAll(by)).filter((id) => kept.has(id)));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('knows that nothing lies behind a cursor whose row was deleted', async () => {
    await insert([1, 2, 3].map(() => ({ title: 'a', publishedAt: null, updatedAt: '2026-01-01T00:00:00.000Z' })));
    const { edges } = await list({ first: 3 }, []);
    await database.query(`DELETE FROM waypost.articles WHERE id = $1`, [edges[0]?.node.id]);
    expect((await list({ first: 1, after: edges[0]?.cursor }, [])).pageInfo.hasPreviousPage).toBe(false);
    expect((await list({ first: 1, after: edges[1]?.cursor }, [])).pageInfo.hasPreviousPage).toBe(true);
  });

  it.each([
    ['another order', [{ field: ArticleOrderField.TITLE, direction: OrderDirection.ASC }]],
    [
      'two keys',
      [ArticleOrderField.TITLE, ArticleOrderField.SLUG].map((field) => ({ field, direction: OrderDirection.ASC })),
    ],
  ])('refuses a cursor of %s', async (_name, orderBy) => {
    await insert([{ title: 'a', publishedAt: null, updatedAt: '2026-01-01T00:00:00.000Z' }]);
    const { pageInfo } = await list({ first: 1 }, []);
    await expect(list({ after: pageInfo.endCursor }, orderBy)).rejects.toThrow(/cursor/);
  });

  it('takes the cursor of a page as the place to turn round', async () => {
    await insert(
      Array.from({ length: 5 }, () => ({ title: 'a', publishedAt: null, updatedAt: '2026-01-01T00:00:00Z' })),
    );
    const forward = await list({ first: 5 }, []);
    const reversed = await list({ first: 5, after: forward.edges[2]?.cursor }, [
      { field: ArticleOrderField.PUBLISHED_AT, direction: OrderDirection.ASC },
    ]);
    expect(reversed.edges.map(({ node }) => node.id)).toEqual(
      [forward.edges[1], forward.edges[0]].map((one) => one?.node.id),
    );
  });
});
