import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImportService } from '../../../src/import-export/import.service.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { PUBLIC_URL } from '../../support/test-app.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

const FIELDS = `createdAt updatedAt contentUpdatedAt contentChangeCause { kind key } publishedAt firstPublishedAt revision`;
const UPDATE = `mutation ($input: UpdateArticleInput!) {
  updateArticle(input: $input) { article { id } userErrors { code message } } }`;

const ROUND_LOCK = 8_147_203_121;

let database: TestDatabase;
let client: pg.Client;
let waypost: TestWaypost;
let lastNumber = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  waypost = await startWaypost({ databaseUrl: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await waypost.close();
  await database.drop();
});

/** One article, with a partner and a tag of its own. Every name is the slug. */
class Subject {
  readonly slug = `subject-${(lastNumber += 1)}`;
  id = '';

  async make(more: object = {}, call = '<'): Promise<void> {
    await waypost.createPartner({ key: this.slug, defaultText: 'Go' });
    const close = call === '<' ? '>' : '%';
    const source = `{{${call} aff "${this.slug}" ${close}}}`;
    this.id = (await waypost.createArticle({ slug: this.slug, source, tags: [this.slug], ...more })).id;
  }

  async read(): Promise<Record<string, unknown>> {
    const { article } = await waypost.data(`query ($id: ID) { article(id: $id) { ${FIELDS} } }`, { id: this.id });
    return article;
  }

  async update(changes: object): Promise<void> {
    const { revision } = await this.read();
    const input = { id: this.id, expectedRevision: revision, ...changes };
    const { updateArticle } = await waypost.data(UPDATE, { input });
    accepted(updateArticle.userErrors);
  }

  async updatePartner(changes: object): Promise<void> {
    const partner = `affiliatePartner(key: "${this.slug}") { revision }`;
    const { revision } = (await waypost.data(`{ ${partner} }`)).affiliatePartner;
    const { updateAffiliatePartner } = await waypost.data(
      `mutation ($input: UpdateAffiliatePartnerInput!) { updateAffiliatePartner(input: $input) { userErrors { code } } }`,
      { input: { key: this.slug, expectedRevision: revision, ...changes } },
    );
    accepted(updateAffiliatePartner.userErrors);
  }

  pause(): Promise<unknown> {
    return waypost.data(`mutation { pauseAffiliatePartner(key: "${this.slug}") { userErrors { code } } }`);
  }

  sql(statement: string): Promise<unknown> {
    return client.query(statement.replaceAll('$slug', this.slug));
  }

  async click(): Promise<void> {
    const query = `query ($id: ID) { article(id: $id) { placements { href } } }`;
    const { article } = await waypost.data(query, { id: this.id });
    const href = article.placements[0].href.replace(PUBLIC_URL, waypost.url);
    redirected(await fetch(href, { redirect: 'manual' }));
  }
}

function accepted(userErrors: unknown): void {
  expect(userErrors).toEqual([]);
}

function redirected({ status }: Response): void {
  expect(status).toBe(302);
}

/** Names of the fields that `change` moves. */
async function movedBy(subject: Subject, change: () => Promise<unknown>): Promise<string[]> {
  const before = await subject.read();
  // Times have milliseconds: what is written in the next one has another.
  await new Promise((resolve) => setTimeout(resolve, 3));
  await change();
  const after = await subject.read();
  return Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
}

type Row = readonly [change: string, moves: readonly string[], make: (subject: Subject) => Promise<unknown>];

const ROWS: readonly Row[] = [
  ['an edit that readers see', ['updatedAt', 'contentUpdatedAt', 'revision'], (it) => it.update({ source: 'Now' })],
  ['a title', ['updatedAt', 'contentUpdatedAt', 'revision'], (it) => it.update({ title: 'Now' })],
  ['a tag that is put on', ['updatedAt', 'contentUpdatedAt', 'revision'], (it) => it.update({ tags: [it.slug, 'b'] })],
  ['an edit that readers do not see', ['updatedAt', 'revision'], (it) => it.update({ params: { weight: 1 } })],
  [
    'a source that looks the same',
    ['updatedAt', 'revision'],
    (it) => it.update({ source: `{{<aff  "${it.slug}">}}\n\n` }),
  ],
  ['an expiry that is set', ['updatedAt', 'revision'], (it) => it.update({ expiresAt: '2999-01-01T00:00:00Z' })],
  ['a save that changes nothing', [], (it) => it.update({ title: it.slug, tags: [it.slug], status: 'PUBLISHED' })],
  ['a click', [], (it) => it.click()],
  ['a partner that is paused', ['contentUpdatedAt', 'contentChangeCause'], (it) => it.pause()],
  [
    "a partner's default text",
    ['contentUpdatedAt', 'contentChangeCause'],
    (it) => it.updatePartner({ defaultText: 'Now' }),
  ],
  [
    "a partner's disclosure",
    ['contentUpdatedAt', 'contentChangeCause'],
    (it) => it.updatePartner({ disclosure: 'We earn.' }),
  ],
  ["a partner's name that is not shown", [], (it) => it.updatePartner({ name: 'Now' })],
  ["a partner's destination", [], (it) => it.updatePartner({ destinationUrl: 'https://else.example/' })],
  [
    'a tag that is renamed',
    ['updatedAt', 'contentUpdatedAt', 'contentChangeCause'],
    (it) => it.sql(`UPDATE waypost.tags SET name = 'Now' WHERE slug = '$slug'`),
  ],
  ["a tag's description", [], (it) => it.sql(`UPDATE waypost.tags SET description = 'Now' WHERE slug = '$slug'`)],
  [
    'a title by hand, in the database',
    ['updatedAt', 'contentUpdatedAt', 'revision'],
    (it) => it.sql(`UPDATE waypost.articles SET title = 'Now' WHERE slug = '$slug'`),
  ],
  [
    'params by hand, in the database',
    ['updatedAt', 'revision'],
    (it) => it.sql(`UPDATE waypost.articles SET params = '{"weight": 1}' WHERE slug = '$slug'`),
  ],
  [
    'a write by hand that changes nothing',
    [],
    (it) => it.sql(`UPDATE waypost.articles SET title = title, source = source WHERE slug = '$slug'`),
  ],
  [
    'a link to a tag by hand',
    ['updatedAt', 'contentUpdatedAt', 'revision'],
    (it) => it.sql(`DELETE FROM waypost.article_tags USING waypost.tags WHERE tags.id = tag_id AND slug = '$slug'`),
  ],
  ['being taken down', ['updatedAt', 'revision'], (it) => it.update({ status: 'ARCHIVED' })],
  [
    'being taken down and published again',
    ['updatedAt', 'revision'],
    async (it) => {
      await it.update({ status: 'DRAFT' });
      await it.update({ status: 'PUBLISHED' });
    },
  ],
  [
    'a date of publication that is cleared',
    ['updatedAt', 'publishedAt', 'revision'],
    (it) => it.update({ publishedAt: null }),
  ],
  [
    'being published again with a date',
    ['updatedAt', 'publishedAt', 'revision'],
    async (it) => {
      await it.update({ status: 'DRAFT' });
      await it.update({ status: 'PUBLISHED', publishedAt: '2026-01-02T03:04:05.678Z' });
    },
  ],
];

describe('the timestamps of an article', () => {
  it.each(ROWS)('are moved by %s: %j and no other', async (_change, moves, make) => {
    const subject = new Subject();
    await subject.make();
    expect(await movedBy(subject, () => make(subject))).toEqual(moves);
  });

  it('say why: the partner or tag, and the article again after an edit', async () => {
    const subject = new Subject();
    await subject.make();
    await subject.pause();
    expect((await subject.read())['contentChangeCause']).toEqual({ kind: 'PARTNER', key: subject.slug });
    await subject.sql(`UPDATE waypost.tags SET name = 'Renamed' WHERE slug = '$slug'`);
    expect((await subject.read())['contentChangeCause']).toEqual({ kind: 'TAG', key: subject.slug });
    await subject.update({ title: 'Now' });
    expect((await subject.read())['contentChangeCause']).toEqual({ kind: 'ARTICLE', key: null });
  });

  it('follow a partner in a {{% %}} call too', async () => {
    const subject = new Subject();
    await subject.make({}, '%');
    expect(await movedBy(subject, () => subject.pause())).toEqual(['contentUpdatedAt', 'contentChangeCause']);
  });

  it('are set by the first publication, and not by a draft with a date', async () => {
    const subject = new Subject();
    await subject.make({ status: 'DRAFT', publishedAt: '2026-01-02T03:04:05.678Z' });
    expect(await subject.read()).toMatchObject({ firstPublishedAt: null });
    const publish = () => subject.update({ status: 'PUBLISHED' });
    expect(await movedBy(subject, publish)).toEqual(['updatedAt', 'firstPublishedAt', 'revision']);
    expect(await subject.read()).toMatchObject({ firstPublishedAt: '2026-01-02T03:04:05.678Z' });
  });

  it('are cleared with the date of a draft, and say now where the date of a scheduled article is cleared', async () => {
    const subject = new Subject();
    await subject.make({ status: 'SCHEDULED', publishedAt: '2999-01-01T00:00:00Z' });
    await subject.update({ publishedAt: null });
    const { publishedAt, firstPublishedAt, updatedAt } = await subject.read();
    expect([publishedAt, firstPublishedAt]).toEqual([updatedAt, updatedAt]);
    const draft = new Subject();
    await draft.make({ status: 'DRAFT', publishedAt: '2999-01-01T00:00:00Z' });
    await draft.update({ publishedAt: null });
    expect(await draft.read()).toMatchObject({ publishedAt: null, firstPublishedAt: null, revision: 2 });
  });

  it('move at the second of a publication that was set, because of it', async () => {
    const subject = new Subject();
    // Time enough to make it before, on any machine.
    const publishedAt = new Date(Date.now() + 4000).toISOString();
    await subject.make({ status: 'SCHEDULED', publishedAt });
    await expect
      .poll(() => subject.read(), { timeout: 20_000, interval: 100 })
      .toMatchObject({
        contentUpdatedAt: publishedAt,
        contentChangeCause: { kind: 'SCHEDULE', key: null },
        revision: 1,
      });
  });

  it('are those that an imported file declares, and a second import of it moves none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waypost-timestamps-'));
    const file = `+++\ntitle = "T"\ndate = "2025-09-12T13:19:38.864869Z"\n+++\n\nText\n\n*Updated: 2025-10-01*\n`;
    await writeFile(join(folder, 'imported.md'), file);
    const bring = () => waypost.app.get(ImportService).importFolder(folder);
    expect(await bring()).toMatchObject({ created: 1 });
    const subject = new Subject();
    subject.id = (await waypost.data(`{ article(path: "/imported") { id } }`)).article.id;
    expect(await subject.read()).toMatchObject({
      contentUpdatedAt: '2025-10-01T00:00:00.000Z',
      publishedAt: '2025-09-12T13:19:38.864Z',
      firstPublishedAt: '2025-09-12T13:19:38.864Z',
    });
    expect(await movedBy(subject, bring)).toEqual([]);
    await writeFile(join(folder, 'imported.md'), file.replace('Text', 'Other text'));
    expect(await movedBy(subject, bring)).toEqual(['updatedAt', 'contentUpdatedAt', 'revision']);
    await rm(folder, { recursive: true });
  });

  it('move by other settings of the installation, where readers see another page', async () => {
    const [changed, same] = [new Subject(), new Subject()];
    await changed.make({ source: `<b>Bold</b> {{< aff "subject-${lastNumber}" >}} {{< aff "other" "One" >}}` });
    await same.make();
    const kept = async () => {
      const { rows } = await client.query(`SELECT value FROM waypost.settings WHERE key = 'articles.settings'`);
      return rows[0]?.value;
    };
    await expect.poll(kept, { timeout: 20_000 }).toMatchObject({ unsafeHtml: 'true' });
    const restart = async () => {
      const next = await startWaypost({ databaseUrl: database.url, waypost: { articles: { unsafeHtml: false } } });
      await expect.poll(kept, { timeout: 20_000 }).toMatchObject({ unsafeHtml: 'false' });
      await next.close();
    };
    const before = await same.read();
    expect(await movedBy(changed, restart)).toEqual(['contentUpdatedAt', 'contentChangeCause']);
    expect((await changed.read())['contentChangeCause']).toEqual({ kind: 'SETTINGS', key: 'unsafeHtml' });
    expect(await same.read()).toEqual(before);
    const { rows } = await client.query('SELECT compiled::text AS text FROM waypost.articles WHERE id = $1', [
      changed.id,
    ]);
    expect(rows[0]?.text).not.toContain('<b>');
  });

  it.each([
    ['waits for the node that is at it, and leaves it to that one', { stored: 'false', isCompiled: false }],
    ['does the work of one that ended before it was done', { stored: 'true', isCompiled: true }],
  ])('follow settings by the work of one node: another %s', async (_what, { stored, isCompiled }) => {
    const subject = new Subject();
    await subject.make({ source: '<b>Kept</b>' });
    const store = (unsafeHtml: string) =>
      client.query(
        `UPDATE waypost.settings SET value = value || jsonb_build_object('unsafeHtml', $1::text) WHERE key = 'articles.settings'`,
        [unsafeHtml],
      );
    const ask = async (question: string) => (await client.query(`SELECT ${question} AS answer`)).rows[0]?.answer;
    const isAtIt = `EXISTS (SELECT FROM pg_stat_activity
                             WHERE application_name = 'waypost settings' AND datname = current_database())`;
    await store('true');
    const first = new pg.Client({ connectionString: database.url });
    await first.connect();
    await first.query(`SELECT pg_advisory_lock(${ROUND_LOCK})`);
    const next = await startWaypost({ databaseUrl: database.url, waypost: { articles: { unsafeHtml: false } } });
    await expect.poll(() => ask(isAtIt), { timeout: 20_000 }).toBe(true);
    await store(stored);
    await first.end();
    await expect.poll(() => ask(isAtIt), { timeout: 20_000 }).toBe(false);
    await next.close();
    const text = await ask(`(SELECT compiled::text FROM waypost.articles WHERE id = '${subject.id}')`);
    expect(text.includes('<b>')).toBe(!isCompiled);
    expect(await ask(`(SELECT value ->> 'unsafeHtml' FROM waypost.settings WHERE key = 'articles.settings')`)).toBe(
      'false',
    );
  });
});
