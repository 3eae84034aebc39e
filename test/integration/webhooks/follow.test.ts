import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../support/random.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { FeedNode } from '../changes/feed-node.js';
import { startFeedNode } from '../changes/feed-node.js';
import { readTable } from '../changes/follower.js';
import { untilNothingIsToCome, writeAtRandom } from '../changes/random-writer.js';
import type { Message, Mood, Receiver } from './receiver.js';
import { startReceiver } from './receiver.js';
import type { WebhookNode } from './webhook-node.js';
import { startWebhookNode } from './webhook-node.js';

/** WAYPOST_WEBHOOK_RUNS=100 runs it longer. The seed of a run that failed stands in its name. */
const RUNS = Number(process.env['WAYPOST_WEBHOOK_RUNS'] ?? 2);
const FIRST_SEED = Number(process.env['WAYPOST_WEBHOOK_SEED'] ?? 20_260_101);
const WRITERS = 6;
const TRANSACTIONS_PER_WRITER = 40;
const MOODS: readonly Mood[] = ['receives', 'receives', 'receives', 'fails', 'redirects'];

let database: TestDatabase;
let watcher: FeedNode;
let nodes: WebhookNode[];

beforeAll(async () => {
  database = await createTestDatabase();
  // It puts into the feed what comes with its moment.
  watcher = await startFeedNode(database.url, true);
  nodes = [await startWebhookNode(database.url), await startWebhookNode(database.url)];
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await watcher.stop();
  await database.drop();
});

/** What readers see, by id: the title of an article, the name of a tag. */
async function readPublic(): Promise<Map<string, unknown>> {
  const rows = [...(await readTable(watcher, 'public'))] as [string, { title?: string; name?: string }][];
  return new Map(rows.map(([key, { title, name }]) => [key.split(' ')[1] ?? '', title ?? name]));
}

const mirrored = ({ mirror }: Receiver): Map<string, unknown> =>
  new Map([...mirror].map(([id, data]) => [id, data['title'] ?? data['name']]));

const sorted = (state: ReadonlyMap<string, unknown>): unknown[] =>
  [...state].sort(([left], [right]) => (left < right ? -1 : 1));

/** As a receiver should: who is told to begin anew reads everything once. */
async function beginAnew(receiver: Receiver, { type }: Message): Promise<void> {
  if (type !== 'content.reset') return;
  const state = await readPublic();
  receiver.mirror.clear();
  for (const [id, title] of state) receiver.mirror.set(id, { title });
}

/** Without the pauses after failures. Leases keep their time: without it two nodes would send for one webhook. */
async function serveAtOnce(node: WebhookNode): Promise<void> {
  await node.dataSource.query('UPDATE waypost.webhooks SET retry_at = NULL');
  // What the other node is writing at the moment is due the next time: waiting for it in another order would be a deadlock.
  await node.dataSource.query(
    `UPDATE waypost.webhook_deliveries SET next_attempt_at = now() WHERE id IN (
       SELECT id FROM waypost.webhook_deliveries WHERE status = 'pending' FOR UPDATE SKIP LOCKED)`,
  );
  await node.serve();
}

describe('a receiver', () => {
  it.each(Array.from({ length: RUNS }, (_run, index) => FIRST_SEED + index))(
    'that fails now and then has in the end what readers see, while six writers write (seed %i)',
    async (seed) => {
      const [first, second] = nodes as [WebhookNode, WebhookNode];
      const random = seededRandom(seed);
      const receiver: Receiver = await startReceiver(undefined, (message) => beginAnew(receiver, message));
      await first.subscribe(
        receiver,
        'article.upserted',
        'article.deleted',
        'tag.upserted',
        'tag.deleted',
        'content.reset',
      );
      for (const [id, title] of await readPublic()) receiver.mirror.set(id, { title });
      let isWriting = true;
      const serve = async (node: WebhookNode): Promise<void> => {
        while (isWriting) {
          receiver.mood = random.pick(MOODS);
          await serveAtOnce(node);
          await sleep(random.below(20));
        }
      };
      const serving = Promise.all([serve(first), serve(second)]);
      await Promise.all(
        Array.from({ length: WRITERS }, (_writer, index) =>
          writeAtRandom(database.url, seededRandom(seed * 1000 + index), TRANSACTIONS_PER_WRITER),
        ),
      );
      await untilNothingIsToCome(watcher.dataSource);
      isWriting = false;
      await serving;
      receiver.mood = 'receives';
      for (let round = 0; round < 3; round += 1) await serveAtOnce(first);
      expect(sorted(mirrored(receiver))).toEqual(sorted(await readPublic()));
      await receiver.close();
      await first.dataSource.query('DELETE FROM waypost.webhooks');
    },
    120_000,
  );
});
