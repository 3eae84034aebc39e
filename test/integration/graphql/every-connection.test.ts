import fc from 'fast-check';
import type { GraphQLObjectType } from 'graphql';
import { getNamedType, isLeafType, isObjectType } from 'graphql';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureSql } from '../../support/capture-sql.js';
import type { ConnectionCase } from '../../support/connection-cases.js';
import { connectionCases } from '../../support/connection-cases.js';
import { committedSchema } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const schema = committedSchema();
const CONNECTIONS = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => /Connection!?$/.test(String(field.type)))
      .map((field) => `${type.name}.${field.name}`),
  );

/** The fields of a node that have none of their own. */
function leavesOf(coordinate: string): string {
  const [type = '', name = ''] = coordinate.split('.');
  const fieldsOf = (one: GraphQLObjectType) => one.getFields();
  const connection = fieldsOf(schema.getType(type) as GraphQLObjectType)[name]?.type;
  const { nodes } = fieldsOf(getNamedType(connection) as GraphQLObjectType);
  return Object.values(fieldsOf(getNamedType(nodes?.type) as GraphQLObjectType))
    .filter((field) => isLeafType(getNamedType(field.type)))
    .map((field) => field.name)
    .join(' ');
}

let waypost: TestApp;
let cases: Readonly<Record<string, ConnectionCase>>;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
  cases = await connectionCases(waypost, waypost.app.get(DataSource, { strict: false }));
});

afterAll(() => waypost.close());

interface Args {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string | null;
  readonly before?: string | null;
}

interface Page {
  readonly keys: string[];
  readonly cursors: string[];
  /** Of `nodes`. */
  readonly nodeKeys: string[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
  readonly totalCount: number;
}

class List {
  constructor(
    private readonly field: string,
    readonly filled: ConnectionCase,
  ) {}

  /** `more`: what is selected of nodes besides their keys. */
  async page(args: Args, more = ''): Promise<Page> {
    const { above, given, key, keyOf } = this.filled;
    const sent = Object.entries(args).flatMap(([name, value]) =>
      value == null ? [] : [`${name}: ${JSON.stringify(value)}`],
    );
    const call = `list: ${this.field}(${[...(given === undefined ? [] : [given]), ...sent].join(', ')})`;
    const fields = `edges { cursor node { ${key} } } nodes { ${key} ${more} } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
    const steps = above.map((step) => `${step.includes(':') ? 'up: ' : ''}${step} {`).join(' ');
    const data = await waypost.data(`{ ${steps} ${call} { ${fields} } ${'}'.repeat(above.length)} }`);
    const { edges, nodes, pageInfo, totalCount } = above.length > 0 ? data.up.list : data.list;
    return {
      keys: edges.map(({ node }: { node: Record<string, unknown> }) => keyOf(node)),
      cursors: edges.map(({ cursor }: { cursor: string }) => cursor),
      nodeKeys: nodes.map(keyOf),
      ...pageInfo,
      totalCount,
    };
  }

  async walkForward(size: number, onPage = async () => {}): Promise<string[]> {
    const keys: string[] = [];
    for (let after: string | null = null; ;) {
      const page: Page = await this.page({ first: size, after });
      keys.push(...page.keys);
      if (!page.hasNextPage) return keys;
      after = page.endCursor;
      await onPage();
    }
  }

  async walkBackward(size: number, onPage = async () => {}): Promise<string[]> {
    const keys: string[] = [];
    for (let before: string | null = null; ;) {
      const page: Page = await this.page({ last: size, before });
      keys.unshift(...page.keys);
      if (!page.hasPreviousPage) return keys;
      before = page.startCursor;
      await onPage();
    }
  }
}

function listOf(coordinate: string): List {
  const filled = cases[coordinate];
  if (!filled) throw new Error(`No case fills ${coordinate}.`);
  return new List(coordinate.split('.')[1] ?? '', filled);
}

/** Works on a list of these many rows, and of what stood there before, and leaves it as it was. */
async function withRows(list: List, count: number, work: (whole: Page, inserted: string[]) => Promise<void>) {
  const inserted = await list.filled.insert(count);
  try {
    await work(await list.page({ first: 100 }), inserted);
  } finally {
    await list.filled.remove(inserted);
  }
}

const size = fc.integer({ min: 1, max: 4 });

/** Relay's algorithm, word for word, on a list in memory. `after` and `before` are places in it. */
function relayPage(all: readonly string[], { first, last, after, before }: Places) {
  const start = after === undefined ? 0 : after + 1;
  const window = all.slice(start, Math.max(start, before ?? all.length));
  const keys = first === undefined ? window.slice(Math.max(0, window.length - (last ?? 0))) : window.slice(0, first);
  return {
    keys,
    hasPreviousPage: last === undefined ? after !== undefined : window.length > last,
    hasNextPage: first === undefined ? before !== undefined : window.length > first,
    totalCount: all.length,
  };
}

interface Places {
  readonly first?: number;
  readonly last?: number;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

const COUNT = 7;
const place = fc.option(fc.integer({ min: 0, max: COUNT - 1 }), { nil: undefined });
const edge = fc.integer({ min: 0, max: 4 });
const places: fc.Arbitrary<Places> = fc.oneof(
  fc.record({ first: edge, after: place, before: place }),
  fc.record({ last: edge, after: place, before: place }),
);

describe.each(CONNECTIONS)('%s', (coordinate) => {
  it('has no gap and no duplicate, and forward is the reverse of backward', async () => {
    const list = listOf(coordinate);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 9 }), size, (count, one) =>
        withRows(list, count, async (whole, inserted) => {
          expect(new Set(whole.keys).size).toBe(whole.keys.length);
          expect(whole.keys).toEqual(expect.arrayContaining(inserted));
          expect(whole.totalCount).toBe(whole.keys.length);
          expect(await list.walkForward(one)).toEqual(whole.keys);
          expect(await list.walkBackward(one)).toEqual(whole.keys);
        }),
      ),
      { numRuns: 6 },
    );
  });

  it("answers any first, last, after and before as Relay's algorithm does", async () => {
    const list = listOf(coordinate);
    await withRows(list, COUNT, async ({ keys, cursors }) => {
      await fc.assert(
        fc.asyncProperty(places, async (one) => {
          const cursorAt = (index: number | undefined) => (index === undefined ? undefined : cursors[index]);
          const page = await list.page({ ...one, after: cursorAt(one.after), before: cursorAt(one.before) });
          const expected = relayPage(keys, one);
          const [startCursor, endCursor] = [page.cursors[0] ?? null, page.cursors.at(-1) ?? null];
          expect(page).toMatchObject({ ...expected, nodeKeys: expected.keys, startCursor, endCursor });
          expect(page.cursors).toEqual(expected.keys.map((key) => cursors[keys.indexOf(key)]));
        }),
        { numRuns: 25 },
      );
    });
  });

  it.each(['walkForward', 'walkBackward'] as const)(
    'shows in %s what was there all along exactly once, whatever is written meanwhile',
    async (walk) => {
      const list = listOf(coordinate);
      await withRows(list, COUNT, async (whole) => {
        const passing = await list.filled.insert(3);
        const come: string[] = [];
        const seen = await list[walk](2, async () => {
          if (come.length < 4) come.push(...(await list.filled.insert(1)));
          await list.filled.remove(passing.splice(0, 1));
        });
        await list.filled.remove([...passing, ...come]);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((key) => whole.keys.includes(key))).toEqual(whole.keys);
      });
    },
  );

  it('refuses what no page can be of', async () => {
    const list = listOf(coordinate);
    await expect(list.page({ first: 1, last: 1 })).rejects.toThrow(/not both/);
    await expect(list.page({ first: -1 })).rejects.toThrow(/is -1/);
    await expect(list.page({ last: 101 })).rejects.toThrow(/PAGE_TOO_LARGE/);
    await expect(list.page({ after: 'nonsense' })).rejects.toThrow(/BAD_ARGUMENT/);
  });
});

// Rows of articles here have no text; statements.test.ts counts for those.
describe('many rows cost no more statements than one', () => {
  it.each(CONNECTIONS.filter((coordinate) => !/articles$/i.test(coordinate)))('of %s', async (coordinate) => {
    const list = listOf(coordinate);
    await withRows(list, 20, async () => {
      const counts = [];
      for (const first of [1, 20]) {
        const { statements } = await captureSql(() => list.page({ first }, leavesOf(coordinate)));
        counts.push(statements.length);
      }
      expect(counts[1]).toBe(counts[0]);
    });
  });
});
