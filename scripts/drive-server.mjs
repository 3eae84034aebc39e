// Starts Waypost exactly as `npm start` does, in an empty data folder, and uses it as a person would, over HTTP.
// Exits 1 at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = promisify(execFile);
const BROWSER = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  accept: 'text/html',
  'accept-language': 'en',
};

const folder = await mkdtemp(join(tmpdir(), 'waypost-drive-'));
const env = { ...process.env, PORT: '0', WAYPOST_DATA_DIR: join(folder, 'data') };
delete env.DATABASE_URL;

const told = (text) => process.stdout.write(`  ${text}\n`);

async function start() {
  const startedAt = performance.now();
  const child = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let output = '';
  child.stdout.setEncoding('utf8');
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      output += text;
      const ready = /^Waypost is ready on (http:\S+)$/m.exec(output);
      if (ready) resolve(ready[1]);
    });
    child.on('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
    setTimeout(() => reject(new Error(`not ready after 120 s:\n${output}`)), 120_000).unref();
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { child, url, seconds, output: () => output };
}

/** Ctrl-C reaches the whole group of a terminal. */
async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  process.kill(-child.pid, 'SIGINT');
  return ended;
}

async function command(...args) {
  try {
    const { stdout, stderr } = await run('npm', ['run', '-s', 'waypost', '--', ...args], { cwd: root, env });
    return { status: 0, stdout, stderr };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { status: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

let server = await start();
told(`first start, with the build: ready after ${server.seconds} s`);

async function graphql(query, token) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

try {
  const tokenFile = join(env.WAYPOST_DATA_DIR, 'admin-token');
  assert.equal((await stat(tokenFile)).mode & 0o777, 0o600);
  const token = (await readFile(tokenFile, 'utf8')).trim();

  // The sample, and what the terminal says of it.
  const shown = server.output();
  const link = /http:\S+\/go\/training_partner\/[0-9a-f]{12}/.exec(shown)?.[0];
  assert.ok(link, 'the sample link stands in the output');
  const sample = await graphql(
    '{ articles { nodes { slug html placements { partnerKey } } } affiliatePartners { nodes { key } } }',
    token,
  );
  assert.equal(sample.data.articles.nodes.length, 2);
  assert.deepEqual(
    sample.data.affiliatePartners.nodes.map((partner) => partner.key),
    ['training_partner', 'vpn_vendor'],
  );
  told('the sample is there: two articles, two partners');
  for (const path of ['/health/live', '/metrics', '/nowhere', '/graphql']) {
    const { headers } = await fetch(server.url + path);
    assert.equal(headers.get('x-powered-by'), null, path);
    assert.match(headers.get('x-request-id'), /./, path);
  }

  // 1. Import: one bad file does not stop the rest.
  const imported = await command('import', 'test/fixtures/content');
  assert.equal(imported.status, 1);
  assert.match(imported.stdout, /^created .*article\.md/m);
  assert.match(imported.stdout, /2 created, 0 updated, 0 unchanged, 1 failed/);
  assert.match(imported.stderr, /test\/fixtures\/content\/broken\.md:2:\d+ /);
  const again = await command('import', 'test/fixtures/content');
  assert.match(again.stdout, /0 created, 0 updated, 2 unchanged, 1 failed/);
  told('import: created, unchanged, and an error with its place');

  // 2. The article, with both calls as tracked links.
  const fields =
    'id title description canonicalUrl updatedAt contentUpdatedAt html tags { slug } placements { id partnerKey href text } diagnostics { code line }';
  const { article } = (await graphql(`{ article(slug: "article") { ${fields} } }`)).data;
  assert.match(article.title, /^AWS Security Incident Response/);
  assert.deepEqual(
    article.tags.map((tag) => tag.slug),
    ['security', 'certification'],
  );
  assert.equal(article.contentUpdatedAt, '2025-09-12T13:19:38.864Z');
  for (const [index, [key, text]] of [
    ['training_partner', 'Recommended course'],
    ['vpn_vendor', 'Try a VPN deal'],
  ].entries()) {
    const { id, href } = article.placements[index];
    assert.equal(href, `${server.url}/go/${key}/${id}`);
    assert.ok(article.html.includes(`<a href="${href}" rel="sponsored nofollow noopener">${text}</a>`));
  }
  const unknown = (await graphql('{ article(slug: "unknown-partner") { html diagnostics { code line column } } }')).data
    .article;
  assert.deepEqual(unknown.diagnostics, [{ code: 'PARTNER_KEY_UNKNOWN', line: 6, column: 5 }]);
  assert.equal(unknown.html, '<p>Ask them.</p>\n');
  told('article: fields, tracked links, and a diagnostic for an unknown partner');

  // 3. The partner decides where the links lead; strangers do not.
  const update =
    'mutation { updateAffiliatePartner(input: { key: "training_partner", expectedRevision: 1, destinationUrl: "https://course.example/?tag=owner" }) { affiliatePartner { revision } userErrors { field message } } }';
  assert.equal((await graphql(update)).errors[0].extensions.code, 'UNAUTHENTICATED');
  assert.equal((await graphql(update, token)).data.updateAffiliatePartner.affiliatePartner.revision, 2);
  const bad =
    'mutation { createAffiliatePartner(input: { key: "evil", name: "E", destinationUrl: "javascript:alert(1)" }) { userErrors { field } } }';
  assert.deepEqual((await graphql(bad, token)).data.createAffiliatePartner.userErrors, [
    { field: 'input.destinationUrl' },
  ]);
  told('partner: retargeted by a token, refused to a stranger, a script refused by name');

  // 4. Redirects: a reader is counted, HEAD and a bot are not.
  const placement = article.placements[0];
  const go = (method, headers) =>
    fetch(`${server.url}/go/training_partner/${placement.id}`, { method, headers, redirect: 'manual' });
  await retry(async () => {
    const answer = await go('HEAD', BROWSER);
    assert.equal(answer.status, 302);
    assert.equal(new URL(answer.headers.get('location')).origin, 'https://course.example');
  });
  const reader = await go('GET', BROWSER);
  assert.equal(reader.status, 302);
  const location = new URL(reader.headers.get('location'));
  assert.equal(location.searchParams.get('tag'), 'owner');
  assert.equal(reader.headers.get('cache-control'), 'private, no-store');
  assert.equal(reader.headers.get('set-cookie'), null);
  await go('GET', {
    ...BROWSER,
    'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  });
  assert.equal((await fetch(`${server.url}/go/nobody`, { redirect: 'manual' })).status, 404);
  told('redirect: 302 to the partner; unknown partner 404');

  // 5. The report counts one click.
  const today = new Date();
  const range = `from: "${new Date(today.getTime() - 86_400_000).toISOString()}", to: "${new Date(today.getTime() + 86_400_000).toISOString()}"`;
  const report = (groups, row) =>
    graphql(
      `{ clickReport(input: { ${range}, groupBy: [${groups}] }) { rows { ${row} clicks filteredClicks } } }`,
      token,
    );
  await retry(async () => {
    const byPartner = (await report('PARTNER', 'partnerKey')).data.clickReport.rows;
    const row = byPartner.find((one) => one.partnerKey === 'training_partner');
    assert.equal(row?.clicks, 1);
    assert.equal(row.filteredClicks >= 1, true);
    const byArticle = (await report('ARTICLE', 'articleId')).data.clickReport.rows;
    assert.equal(byArticle.find((one) => one.articleId === article.id)?.clicks, 1);
  });
  told('report: one click by partner and by article, the others filtered');

  // A second server in the same folder is refused; Ctrl-C ends everything; the next start is quick and finds it all.
  const second = await run('npm', ['start'], { cwd: root, env }).catch((error) => error);
  assert.match(second.stderr, /already runs in/);
  // npm itself ends by the signal; the server below it ends cleanly, and Postgres with it.
  assert.ok([0, 'SIGINT'].includes(await stop(server)));
  await retry(async () => {
    assert.match(server.output(), /^Stopped\.$/m);
    await assert.rejects(stat(join(env.WAYPOST_DATA_DIR, 'postgres/postmaster.pid')), { code: 'ENOENT' });
    await assert.rejects(fetch(`${server.url}/health/live`));
  });
  server = await start();
  told(`a later start: ready after ${server.seconds} s`);
  assert.equal((await graphql('{ article(slug: "article") { id } }')).data.article.id, article.id);
} finally {
  await stop(server);
  await rm(folder, { recursive: true, force: true });
}

async function retry(check) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await check();
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
