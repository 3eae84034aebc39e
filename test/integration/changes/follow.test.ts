import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../support/random.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { FeedNode } from './feed-node.js';
import { startFeedNode } from './feed-node.js';
import { Follower, readTable } from './follower.js';
import { untilNothingIsToCome, writeAtRandom } from './random-writer.js';
import { findStale } from './stale-contents.js';

/** WAYPOST_FEED_RUNS=100 runs it longer. The seed of a run that failed stands in its name. */
const RUNS = Number(process.env['WAYPOST_FEED_RUNS'] ?? 5);
const WRITERS = 6;
/** Of each audience at each node, and of those that begin while a moment is being taken away. */
const FOLLOWERS = 2;
const TRANSACTIONS_PER_WRITER = Number(process.env['WAYPOST_FEED_TRANSACTIONS'] ?? 60);
const FIRST_SEED = Number(process.env['WAYPOST_FEED_SEED'] ?? 20_250_912);

let database: TestDatabase;
let nodes: FeedNode[];

beforeAll(async () => {
  database = await createTestDatabase();
  await quickenDeadlocks(database.url);
  nodes = await Promise.all([startFeedNode(database.url, true), startFeedNode(database.url, true)]);
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

describe('a follower of the change feed', () => {
  it.each(Array.from({ length: RUNS }, (_run, index) => FIRST_SEED + index))(
    'has in the end what the table has, while six writers write (seed %i)',
    async (seed) => {
      const [first, second] = nodes as [FeedNode, FeedNode];
      let isWriting = true;
      const follow = async (node: FeedNode, audience: 'public' | 'all', number: number): Promise<Follower[]> => {
        const random = seededRandom(seed * 100 + number);
        const followers: Follower[] = [];
        while (isWriting) {
          // They come one after the other, so that lists are read at any time.
          if (followers.length < FOLLOWERS && random.chance(0.1)) followers.push(await Follower.start(node, audience));
          for (const follower of followers) await follower.readPage(1 + random.below(20));
          await sleep(random.below(20));
        }
        return followers;
      };
      const following = Promise.all([
        follow(first, 'all', 1),
        follow(second, 'all', 2),
        follow(first, 'public', 3),
        follow(second, 'public', 4),
      ]);
      const atMoments: Promise<Follower>[] = [];
      const onMoment = (): void => {
        if (atMoments.length < 4 * FOLLOWERS) atMoments.push(Follower.start(first, 'public'));
      };
      await Promise.all(
        Array.from({ length: WRITERS }, (_writer, index) =>
          writeAtRandom(database.url, seededRandom(seed * 1000 + index), TRANSACTIONS_PER_WRITER, onMoment),
        ),
      );
      isWriting = false;
      const followers = [...(await following).flat(), ...(await Promise.all(atMoments))];
      await untilNothingIsToCome(first.dataSource);
      for (const follower of followers) {
        while (await follower.readPage(50));
        expect(sorted(follower.mirror)).toEqual(sorted(await readTable(first, follower.audience)));
      }
      expect(await findStale((sql) => first.dataSource.query(sql))).toEqual([]);
    },
    120_000,
  );
});

/** Writers take rows in any order, and nodes meet them: each deadlock would cost a second. */
async function quickenDeadlocks(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET deadlock_timeout = '20ms'`);
  await client.end();
}

function sorted(mirror: ReadonlyMap<string, unknown>): unknown[] {
  return [...mirror].sort(([left], [right]) => (left < right ? -1 : 1));
}
