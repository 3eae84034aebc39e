import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WAYPOST_DATA_SOURCE } from '../../../src/database/database.module.js';
import { ImportService } from '../../../src/import-export/import.service.js';
import { countStatements } from '../../support/count-statements.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const UPDATE = `mutation ($input: UpdateArticleInput!) {
  updateArticle(input: $input) { article { id revision } userErrors { code field message } } }`;
const RESTORE = `mutation ($input: RestoreArticleRevisionInput!) {
  restoreArticleRevision(input: $input) { article { path title source status revision tags { name } } userErrors { code field } } }`;
const DIFF = `query ($id: ID!, $from: Int!, $to: Int!) { articleRevisionDiff(id: $id, from: $from, to: $to) {
  fields { field before after } source { oldStart oldLines newStart newLines lines } unified } }`;

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
});

afterAll(() => waypost.close());

async function update(id: string, expectedRevision: number, changes: object): Promise<void> {
  const { updateArticle } = await waypost.data(UPDATE, { input: { id, expectedRevision, ...changes } });
  expect(updateArticle.userErrors).toEqual([]);
}

const revisionsOf = async (id: string, fields: string) =>
  (await waypost.data(`query ($id: ID) { article(id: $id) { revisions { nodes { ${fields} } } } }`, { id })).article
    .revisions.nodes;

describe('the revisions of an article', () => {
  it('are kept with who and when, whoever writes', async () => {
    const { id } = await waypost.createArticle({ slug: 'kept', source: 'One', tags: ['A', 'B'] });
    await update(id, 1, { source: 'Two', tags: ['B'] });
    await waypost.app
      .get<DataSource>(WAYPOST_DATA_SOURCE)
      .query(`UPDATE waypost.articles SET title = 'By hand' WHERE id = $1`, [id]);
    const anyTime = expect.stringMatching(/Z$/);
    const [{ author }] = await revisionsOf(id, 'author').then((nodes) => nodes.slice(1));
    expect(author).toEqual(expect.any(String));
    expect(await revisionsOf(id, 'revision at author title source tags')).toEqual([
      { revision: 3, at: anyTime, author: null, title: 'By hand', source: 'Two', tags: ['B'] },
      { revision: 2, at: anyTime, author, title: 'kept', source: 'Two', tags: ['B'] },
      { revision: 1, at: anyTime, author, title: 'kept', source: 'One', tags: ['A', 'B'] },
    ]);
  });

  it('are not for readers', async () => {
    await waypost.createArticle({ slug: 'private' });
    const { errors } = await waypost.query(`{ article(slug: "private") { revisions { totalCount } } }`, {}, null);
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('are read by as many statements for twenty articles as for one', async () => {
    for (let number = 0; number < 20; number += 1) await waypost.createArticle({ slug: `many-${number}` });
    const read = (first: number) =>
      countStatements(() =>
        waypost.data(`{ articles(first: ${first}) { nodes { revisions { nodes { revision } } } } }`),
      );
    expect(await read(20)).toBe(await read(1));
  });

  it('are compared: fields and source', async () => {
    const lines = Array.from({ length: 12 }, (_line, index) => `Line ${index + 1}\n`);
    const { id } = await waypost.createArticle({ slug: 'compared', source: lines.join(''), params: { a: 1, b: 2 } });
    await update(id, 1, { source: lines.join('').replace('Line 6', 'Other'), title: 'New', params: { b: 3 } });
    const { articleRevisionDiff } = await waypost.data(DIFF, { id, from: 1, to: 2 });
    const hunk = [' Line 3', ' Line 4', ' Line 5', '-Line 6', '+Other', ' Line 7', ' Line 8', ' Line 9'];
    expect(articleRevisionDiff).toEqual({
      fields: [
        { field: 'title', before: 'compared', after: 'New' },
        { field: 'params.a', before: 1, after: null },
        { field: 'params.b', before: 2, after: 3 },
      ],
      source: [{ oldStart: 3, oldLines: 7, newStart: 3, newLines: 7, lines: hunk }],
      unified: expect.stringContaining(`--- revision 1\n+++ revision 2\n@@ -3,7 +3,7 @@\n${hunk.join('\n')}\n`),
    });
    for (const unknown of [
      { id, from: 1, to: 7 },
      { id: 'no id', from: 1, to: 2 },
    ]) {
      const { errors } = await waypost.query(DIFF, unknown);
      expect(errors?.[0]?.extensions.code).toBe('REVISION_UNKNOWN');
    }
  });

  it('come back as a new one, where the article stands now', async () => {
    const { id } = await waypost.createArticle({ slug: 'back', source: 'One', tags: ['A'], status: 'DRAFT' });
    await update(id, 1, { source: 'Two', tags: [], path: '/moved', status: 'PUBLISHED' });
    const { restoreArticleRevision } = await waypost.data(RESTORE, { input: { id, revision: 1, expectedRevision: 2 } });
    const article = {
      path: '/moved',
      title: 'back',
      source: 'One',
      status: 'PUBLISHED',
      revision: 3,
      tags: [{ name: 'A' }],
    };
    expect(restoreArticleRevision).toEqual({ userErrors: [], article });
    const again = await waypost.data(RESTORE, { input: { id, revision: 2, expectedRevision: 2 } });
    expect(again.restoreArticleRevision).toEqual({
      userErrors: [{ code: 'REVISION_CONFLICT', field: 'input.expectedRevision' }],
      article,
    });
    const none = await waypost.data(RESTORE, { input: { id, revision: 9, expectedRevision: 3 } });
    expect(none.restoreArticleRevision).toEqual({
      userErrors: [{ code: 'REVISION_UNKNOWN', field: 'input.revision' }],
      article: null,
    });
  });
});

describe('the file of an article that is edited over the API', () => {
  const FILE = `---\ntitle: One # mine\ndate: 2025-09-12\nowner:   me\n---\nText\r\n\n*Updated: 2025-09-12*`;
  let folder: string;

  const fileOf = async (id: string): Promise<string> => {
    const [row] = await waypost.app
      .get<DataSource>(WAYPOST_DATA_SOURCE)
      .query<{ file: Buffer }[]>('SELECT file FROM waypost.articles WHERE id = $1', [id]);
    return String(row?.file);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waypost-revisions-'));
    await writeFile(join(folder, 'file.md'), FILE);
    await waypost.app.get(ImportService).importFolder(folder);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('has other bytes for the edited key alone, and those of before when it comes back', async () => {
    const { id } = (await waypost.data('{ article(path: "/file") { id } }')).article;
    expect((await revisionsOf(id, 'author'))[0]).toEqual({ author: 'import' });
    await update(id, 1, { title: 'Two' });
    expect(await fileOf(id)).toBe(FILE.replace('One', 'Two'));
    await update(id, 2, { source: 'Other\n' });
    expect(await fileOf(id)).toBe('---\ntitle: Two # mine\ndate: 2025-09-12\nowner:   me\n---\nOther\n');
    await waypost.data(RESTORE, { input: { id, revision: 1, expectedRevision: 3 } });
    expect(await fileOf(id)).toBe(FILE);
    expect(await readFile(join(folder, 'file.md'), 'utf8')).toBe(FILE);
    expect(await waypost.app.get(ImportService).importFolder(folder)).toMatchObject({ unchanged: 1 });
  });
});
