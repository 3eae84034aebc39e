/**
 * What a partner or a tag costs that changes in many articles, and what writers of other articles wait meanwhile.
 * `npm run bench -- changes [articles]`; by default 10,000, on an embedded Postgres of its own, with its
 * settings as shipped (fsync on).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { SettingEntity } from '../src/database/setting.entity.js';
import { createDataSource } from '../src/database/waypost.datasource.js';
import { waypostEntities } from '../src/waypost.module.js';

const ROUNDS = 5;
const articles = Number(process.argv[3] ?? 10_000);

const folder = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const postgres = await startEmbeddedPostgres({ dataDirectory: folder });
try {
  await measure(postgres.connectionString);
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const dataSource = await createDataSource({ url }, [SettingEntity, ...waypostEntities], () => {}).initialize();
  await migrate(dataSource, { url });
  await dataSource.destroy();
  const client = new pg.Client({ connectionString: url });
  const other = new pg.Client({ connectionString: url });
  await Promise.all([client.connect(), other.connect()]);
  await seed(client);
  const changes = [
    // Each round turns it round: pausing what is paused costs nothing.
    [
      'paused or resumed',
      `UPDATE waypost.partners SET status = CASE status WHEN 'active' THEN 'paused' ELSE 'active' END WHERE key = 'mine'`,
    ],
    ['its destination', `UPDATE waypost.partners SET destination_url = destination_url || '1' WHERE key = 'mine'`],
    ['a tag renamed', `UPDATE waypost.tags SET name = name || '1' WHERE slug = 'mine'`],
  ] as const;
  console.log(`${articles} articles of 6 kB; ms, the best and the worst of ${ROUNDS} rounds`);
  for (const [name, statement] of changes) {
    const times: number[] = [];
    const waits: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = timed(() => client.query(statement));
      waits.push(await longestWait(other, running));
      times.push(await running);
    }
    console.log(`${name.padEnd(20)} ${span(times)}   longest save of another article meanwhile ${span(waits)}`);
  }
  await Promise.all([client.end(), other.end()]);
}

async function seed(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(`INSERT INTO waypost.partners (key, name, destination_url, network, disclosure)
    VALUES ('mine', 'Mine', 'https://mine.example/', 'custom', 'We earn.'), ('yours', 'Yours', 'https://yours.example/', 'custom', NULL)`);
  await client.query(`INSERT INTO waypost.tags (slug, name) VALUES ('mine', 'Mine')`);
  await client.query(
    `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash, status, published_at)
     SELECT '/a-' || number, 'a-' || number, 'Title', repeat('An ordinary article. ', 300), '{}', '', 'published', now()
       FROM generate_series(0, $1::integer) AS number`,
    [articles],
  );
  // The first article shows neither.
  await client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     SELECT left(md5(path || number), 12), article.id, CASE WHEN number = 0 THEN 'mine' ELSE 'yours' END, 1, number, 'Text', 1, 1
       FROM waypost.articles article, generate_series(0, 1) AS number WHERE path <> '/a-0'`,
  );
  await client.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT article.id, tag.id, 0 FROM waypost.articles article, waypost.tags tag WHERE path <> '/a-0'`,
  );
  await client.query('COMMIT');
  await client.query('VACUUM ANALYZE');
}

async function longestWait(client: pg.Client, until: Promise<unknown>): Promise<number> {
  let isOver = false;
  void until.finally(() => (isOver = true));
  let longest = 0;
  while (!isOver) {
    const ms = await timed(() => client.query(`UPDATE waypost.articles SET title = title || '.' WHERE path = '/a-0'`));
    longest = Math.max(longest, ms);
  }
  return longest;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function span(times: readonly number[]): string {
  const [best, worst] = [Math.min(...times), Math.max(...times)];
  return `${best.toFixed(0).padStart(5)} to ${worst.toFixed(0).padStart(5)}`;
}
