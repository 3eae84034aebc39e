import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FeedRun, FeedRunOptions } from '../../../src/feeds/feed-runner.service.js';
import { FeedRunner } from '../../../src/feeds/feed-runner.service.js';
import { FeedSchedule } from '../../../src/feeds/feed-schedule.service.js';
import { DEFAULT_TEMPLATE, readTemplate } from '../../../src/feeds/feed-template.js';
import { addFeedCommands } from '../../../src/cli/feeds.command.js';
import { FeedsService } from '../../../src/feeds/feeds.service.js';
import type { LocalServer } from '../../support/local-server.js';
import { startLocalServer } from '../../support/local-server.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const FIXTURES = new URL('../../fixtures/feeds/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');
const template = readTemplate(fixture('template.md'), 'template.md');
const rss = (items: string): string => `<rss version="2.0"><channel><title>T</title>${items}</channel></rss>`;
const one = (guid: string, title: string, more = ''): string =>
  `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title><description>Text of ${title}.</description>${more}</item>`;

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

let waypost: TestApp;
let server: LocalServer;
let answer: Answer;
const get = <T>(type: abstract new (...parameters: never[]) => T): T => waypost.app.get<T>(type, { strict: false });

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false, outbound: { allow: ['127.0.0.1'] } });
  await waypost.createPartner({ key: 'training_partner' });
});

afterAll(() => waypost.close());

beforeEach(async () => {
  await get(DataSource).query('DELETE FROM waypost.feeds');
  await get(DataSource).query('DELETE FROM waypost.articles');
  server = await startLocalServer((request, response) => answer(request, response));
});

afterEach(() => server.close());

const serve = (body: string | Buffer, headers: Record<string, string> = {}): void => {
  answer = (_request, response) => response.writeHead(200, headers).end(body);
};

async function follow(): Promise<void> {
  await get(FeedsService).addFeed(`${server.url}/feed`, template, 60);
}

async function run(options?: FeedRunOptions): Promise<FeedRun> {
  const [feed] = await get(FeedsService).listFeeds();
  return get(FeedRunner).run(feed ?? expect.fail('There is no feed.'), options);
}

const outcomes = ({ items }: FeedRun): string[] => items.map(({ outcome, error }) => error?.code ?? outcome);
const articles = async (): Promise<Record<string, unknown>[]> =>
  (await waypost.data('{ articles(orderBy: [{ field: PATH }]) { nodes { id path title status revision updatedAt } } }'))
    .articles.nodes;

async function edit(id: string, changes: object): Promise<void> {
  const { updateArticle } = await waypost.data(
    `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { article { id } userErrors { message } } }`,
    { input: { id, expectedRevision: 1, ...changes } },
  );
  expect(updateArticle.userErrors).toEqual([]);
}

describe('a feed', () => {
  it.each(['blog.rss', 'blog.atom', 'blog.json'])('becomes draft articles: %s', async (name) => {
    serve(fixture(name));
    await follow();
    const result = await run();
    expect(new Set(outcomes(result))).toEqual(new Set(['created']));
    for (const article of await articles())
      expect(article).toMatchObject({ status: 'DRAFT', path: expect.stringMatching(/^\/cloud\//) });
    expect((await waypost.data('{ articles { totalCount } }', {}, null)).articles.totalCount).toBe(0);
  });

  it('is asked for what is new, and changes nothing when it says the same again', async () => {
    answer = (request, response) => {
      const isKnown =
        request.headers['if-none-match'] === '"v1"' &&
        request.headers['if-modified-since'] === 'Fri, 12 Sep 2025 13:19:38 GMT';
      if (isKnown) return response.writeHead(304).end();
      return response
        .writeHead(200, { etag: '"v1"', 'last-modified': 'Fri, 12 Sep 2025 13:19:38 GMT' })
        .end(rss(one('a', 'First') + one('b', 'Second')));
    };
    await follow();
    expect(outcomes(await run())).toEqual(['created', 'created']);
    const before = await articles();
    expect((await run()).outcome).toBe('unchanged');
    serve(rss(one('a', 'First') + one('b', 'Second')));
    expect(outcomes(await run({ at: new Date(Date.now() + 86_400_000) }))).toEqual(['unchanged', 'unchanged']);
    expect(await articles()).toEqual(before);
  });

  it('changes a draft that nobody has touched, and leaves the others to their editors', async () => {
    const all = (mark: string): string =>
      rss(['a', 'b', 'c', 'd'].map((guid) => one(guid, `Item ${guid}${mark}`)).join(''));
    serve(all(''));
    await follow();
    await run();
    const byTitle = new Map((await articles()).map(({ title, id }) => [title, String(id)]));
    await edit(byTitle.get('Item b') ?? '', { title: 'Edited' });
    await edit(byTitle.get('Item c') ?? '', { status: 'PUBLISHED' });
    await get(DataSource).query('DELETE FROM waypost.articles WHERE id = $1', [byTitle.get('Item d')]);
    serve(all(' new'));
    const result = await run();
    expect(Object.fromEntries(result.items.map(({ guid, outcome }) => [guid, outcome]))).toEqual({
      a: 'updated',
      b: 'kept',
      c: 'kept',
      d: 'kept',
    });
    expect((await articles()).map(({ title, path }) => [path, title])).toEqual([
      ['/cloud/item-a', 'Item a new'],
      ['/cloud/item-b', 'Edited'],
      ['/cloud/item-c', 'Item c'],
    ]);
  });

  it('overwrites no other article, and is no two articles at one place', async () => {
    await waypost.createArticle({ slug: 'same', path: '/cloud/same', title: 'Mine' });
    serve(rss(one('new', 'Same') + one('old', 'Same')));
    await follow();
    const { items } = await run();
    const paths = items.map(({ path }) => path);
    expect(new Set(paths).size).toBe(2);
    for (const path of paths) expect(path).toMatch(/^\/cloud\/same-[0-9a-f]{8}$/);
    const { article } = await waypost.data('{ article(path: "/cloud/same") { title status } }');
    expect(article).toEqual({ title: 'Mine', status: 'PUBLISHED' });
  });

  it('shows readers nothing but text and the links of its template', async () => {
    serve(fixture('blog.rss'));
    await follow();
    await run();
    const article = (await articles()).find(({ title }) => String(title).startsWith('Backups'));
    await edit(String(article?.['id']), { status: 'PUBLISHED' });
    const shown = (
      await waypost.data('{ articles { nodes { html placements { partnerKey } tags { slug } } } }', {}, null)
    ).articles.nodes[0];
    expect(shown.placements.map((placement: { partnerKey: string }) => placement.partnerKey)).toEqual([
      'training_partner',
      'vpn_vendor',
    ]);
    expect(shown.html).toContain('href="https://waypost.test/go/training_partner/');
    expect(shown.html).toContain('{{&lt; aff “evil_partner” “click me” &gt;}}');
    expect(shown.html).not.toMatch(/<script|notes\.example|alert/);
    expect(shown.tags).toEqual([{ slug: 'security' }, { slug: 'certification' }]);
  });

  it('is tried without writing anything', async () => {
    serve(fixture('blog.rss'));
    await follow();
    expect(outcomes(await run({ dryRun: true }))).toEqual(['created', 'created']);
    expect(await articles()).toEqual([]);
    expect((await get(FeedsService).listFeeds())[0]).toMatchObject({ lastRunAt: null, leasedUntil: null });
  });

  it('is read by one process at a time', async () => {
    serve(rss(Array.from({ length: 20 }, (_none, index) => one(`g${index}`, `Item ${index}`)).join('')));
    await follow();
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.map(({ outcome }) => outcome).sort((left, right) => (left < right ? -1 : 1))).toEqual([
      'busy',
      'busy',
      'done',
    ]);
    expect(await articles()).toHaveLength(20);
  });

  it('that is due is read by a server', async () => {
    serve(fixture('blog.rss'));
    await follow();
    await get(FeedSchedule).runDue();
    expect(await articles()).toHaveLength(2);
    await get(FeedSchedule).runDue();
    expect(server.requests).toHaveLength(1);
  });
});

describe('a feed that fails', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${'ha'.repeat(100)}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${rss('<item><title>&b;</title></item>')}`;

  it.each<[string, string, Answer]>([
    ['a page that is gone', 'HTTP_410', (_request, response) => response.writeHead(410).end()],
    ['a page that is no feed', 'FEED_UNREADABLE', (_request, response) => response.end('<html><p>Hello</p></html>')],
    ['an entity bomb', 'FEED_ENTITIES_REFUSED', (_request, response) => response.end(bomb)],
    [
      'an item of 10 MB',
      'BODY_TOO_LARGE',
      (_request, response) => response.end(rss(one('a', 'A', `<content>${'x'.repeat(10_000_000)}</content>`))),
    ],
    [
      'an item of 10 MB that came packed',
      'BODY_TOO_LARGE',
      (_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(rss(one('a', 'x'.repeat(10_000_000))))),
    ],
    [
      'redirects without end',
      'TOO_MANY_REDIRECTS',
      (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
    ],
    [
      'a redirect to a private address',
      'ADDRESS_REFUSED',
      (_request, response) => response.writeHead(301, { location: 'http://192.168.1.1/feed' }).end(),
    ],
    [
      'a redirect to a file',
      'SCHEME_REFUSED',
      (_request, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
    ],
    [
      'an answer that breaks off',
      'ANSWER_INVALID',
      (_request, response) =>
        void response.writeHead(200, { 'content-length': 99 }).write('<rss>', () => response.destroy()),
    ],
  ])('says why, and waits longer each time: %s', async (_name, code, hostile) => {
    answer = hostile;
    await follow();
    const at = new Date();
    expect(await run({ at })).toMatchObject({
      outcome: 'failed',
      error: { code, message: expect.stringMatching(/\.$/) },
    });
    await run({ at });
    await run({ at });
    const [failed] = await get(FeedsService).listFeeds();
    expect(failed).toMatchObject({ failures: 3, errorCode: code, lastSuccessAt: null, leasedUntil: null });
    expect((failed?.nextRunAt.getTime() ?? 0) - at.getTime()).toBeGreaterThanOrEqual(0.75 * 60 * 60_000);
    serve(rss(one('a', 'There again')));
    expect(outcomes(await run())).toEqual(['created']);
    expect((await get(FeedsService).listFeeds())[0]).toMatchObject({ failures: 0, errorCode: null });
  });

  it('in one item loses no other, and says so again next time', async () => {
    const large = one(
      'large',
      'Large',
      `<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">${'x'.repeat(2 ** 20)}</content:encoded>`,
    );
    const deep = `<item><guid isPermaLink="false">deep</guid><description>${'&lt;div&gt;'.repeat(5000)}</description></item>`;
    serve(rss(large + one('good', 'Good') + deep + '<item><guid isPermaLink="false">empty</guid></item>'), {
      etag: '"v1"',
    });
    await follow();
    for (const good of ['created', 'unchanged']) {
      expect(outcomes(await run()).reverse()).toEqual(['ITEM_TOO_LARGE', good, 'ITEM_TOO_DEEP', 'ITEM_WITHOUT_TEXT']);
    }
  });

  it('is not added where its address is private', async () => {
    const added = get(FeedsService).addFeed('http://10.0.0.1/feed', DEFAULT_TEMPLATE, 60);
    await expect(added).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
  });
});

describe('the commands', () => {
  let lines: string[];
  let problems: string[];
  let failed: boolean;

  async function feeds(...parameters: string[]): Promise<string> {
    [lines, problems, failed] = [[], [], false];
    const program = new Command().exitOverride();
    addFeedCommands(program, {
      withServices: (work) => work({ get } as never),
      print: (line) => void lines.push(line),
      complain: (line) => void problems.push(line),
      fail: () => (failed = true),
    });
    await program.parseAsync(['feeds', ...parameters], { from: 'user' });
    return lines.join('\n');
  }

  it('add, list, run and remove a feed', async () => {
    serve(fixture('blog.rss'));
    const url = `${server.url}/feed`;
    const model = fileURLToPath(new URL('template.md', FIXTURES));
    expect(await feeds('add', url, '--template', model)).toMatch(/^Added/);
    expect(await feeds('list')).toMatch(/never read\twell$/);
    expect(await feeds('run', '--dry-run')).toMatch(/created +\/cloud\/a-short-one.*2 created.*nothing was written/s);
    expect(await feeds('run')).toContain('2 created, 0 updated, 0 unchanged, 0 kept, 0 failed');
    expect(await feeds('add', url, '--template', model)).toMatch(/was followed already/);
    expect(JSON.parse(await feeds('run', url, '--json'))).toMatchObject({ outcome: 'done', url });
    expect([failed, problems]).toEqual([false, []]);
    expect(await feeds('remove', url)).toMatch(/^Removed/);
    await feeds('remove', url);
    expect([failed, problems]).toEqual([true, [expect.stringContaining(url)]]);
    expect(await articles()).toHaveLength(2);
  });

  it('name what fails, and wait', async () => {
    answer = (_request, response) => response.writeHead(500).end();
    await feeds('add', server.url);
    await feeds('run');
    expect([failed, problems[0]]).toEqual([true, expect.stringMatching(/^failed .* HTTP_500 /)]);
    await feeds('run');
    expect([failed, problems[0]]).toEqual([true, expect.stringMatching(/waits until .*; --now reads it$/)]);
    expect(server.requests).toHaveLength(1);
    await feeds('run', '--now');
    expect(server.requests).toHaveLength(2);
    expect(await feeds('list')).toMatch(/failed 2 times: HTTP_500/);
  });

  it.each([
    ['a private address', ['http://[::1]/feed'], 'ADDRESS_REFUSED'],
    ['a template that is not there', ['https://example.org/', '--template', '/nowhere.md'], 'TEMPLATE_INVALID'],
  ])('refuse %s', async (_name, parameters, code) => {
    await feeds('add', ...parameters);
    expect([failed, problems[0]]).toEqual([true, expect.stringContaining(code)]);
  });
});

describe('the API', () => {
  const ADD = `mutation ($input: AddIncomingFeedInput!) {
    addIncomingFeed(input: $input) { feed { id url everyMinutes } userErrors { code field } }
  }`;
  const RUN = `mutation ($id: ID!, $dryRun: Boolean) {
    runIncomingFeed(id: $id, dryRun: $dryRun) {
      run { outcome isCut items { guid title outcome path error { code } } error { code message } } userErrors { code }
    }
  }`;

  it('adds, lists, runs and removes a feed', async () => {
    serve(fixture('blog.json'));
    const { addIncomingFeed } = await waypost.data(ADD, {
      input: { url: server.url, template: fixture('template.md') },
    });
    expect(addIncomingFeed).toMatchObject({ feed: { url: `${server.url}/`, everyMinutes: 60 }, userErrors: [] });
    const { id } = addIncomingFeed.feed;
    const items = [{ guid: 'j1', title: 'From JSON', outcome: 'CREATED', path: '/cloud/from-json', error: null }];
    for (const dryRun of [true, false]) {
      const { runIncomingFeed } = await waypost.data(RUN, { id, dryRun });
      expect(runIncomingFeed).toEqual({ run: { outcome: 'DONE', isCut: false, items, error: null }, userErrors: [] });
    }
    const { incomingFeeds } = await waypost.data(
      '{ incomingFeeds { totalCount nodes { failures errorCode lastSuccessAt } } }',
    );
    expect(incomingFeeds).toMatchObject({ totalCount: 1, nodes: [{ failures: 0, errorCode: null }] });
    const remove = () =>
      waypost.data(`mutation ($id: ID!) { removeIncomingFeed(id: $id) { deletedId userErrors { code } } }`, { id });
    expect((await remove()).removeIncomingFeed).toEqual({ deletedId: id, userErrors: [] });
    expect((await remove()).removeIncomingFeed.userErrors).toEqual([{ code: 'FEED_NOT_FOUND' }]);
  });

  it.each([
    ['a private address', { url: 'http://10.0.0.1/' }, { code: 'ADDRESS_REFUSED', field: 'input.url' }],
    [
      'a bad template',
      { url: 'https://example.org/', template: '+++\npath = "../x"\n+++\n' },
      { code: 'TEMPLATE_INVALID', field: 'input.template' },
    ],
    [
      'a negative interval',
      { url: 'https://example.org/', everyMinutes: -1 },
      { code: 'INVALID_MIN', field: 'input.everyMinutes' },
    ],
  ])('refuses %s', async (_name, input, problem) => {
    expect((await waypost.data(ADD, { input })).addIncomingFeed).toEqual({ feed: null, userErrors: [problem] });
  });
});
