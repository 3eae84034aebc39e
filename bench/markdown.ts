/**
 * What Markdown and shortcodes cost, side by side in one run, the best of many rounds of each:
 * scanning text without shortcodes beside markdown-it rendering it; compiling and splicing an ordinary article; a site of
 * 2,000 articles beside the whole run of `hugo` on the same folder, where it is installed.
 *
 * `npm run bench -- markdown [articles]`, 2,000 articles unless told; takes about half a minute.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { readDocument } from '../src/front-matter/read-document.js';
import { compileBody } from '../src/markdown/compile-body.js';
import { renderMarkdown } from '../src/markdown/render-markdown.js';
import { spliceBody } from '../src/markdown/splice-body.js';
import { scanShortcodes } from '../src/shortcodes/lexer.js';

const ARTICLES = Number(process.argv[3] ?? 2000);

/** Text of the samples' kind, over and over, between the calls and the stamp. */
const SECTION = `## Key Points
- Identity comes first: one sign-in, a second factor, no shared accounts.
- A device that is not updated is not trusted, whoever holds it.
- The office network is worth no more than the one in a café.

## Details
Most break-ins at small companies begin with a password that was used twice. So the first week goes into sign-in: one
provider for everything, a **hardware key** or a passkey for everybody, and the old accounts closed. What remains is smaller
than it looks: see [the guide](https://example.org/guide/), or \`status --all\`. Laptops report whether their disk is encrypted
and their system is current. The network comes last, and the old "trusted" network becomes a plain one.

`;

function articleOf(bytes: number): string {
  const start = 'Zero trust for small teams — summary and practical notes.\n\n';
  const end =
    '{{< aff "training_partner" "Recommended course" >}}\n\n{{< aff "vpn_vendor" "Try a VPN deal" >}}\n\n*Updated: 2025-09-12*\n';
  const sections = Math.round((bytes - start.length - end.length) / SECTION.length);
  return start + SECTION.repeat(sections) + end;
}

const body = articleOf(5 * 1024);
const plain = body.replaceAll('{{<', '(').replaceAll('>}}', ')');
const link = '<a href="/go/training_partner/3f9a0c1be27d" rel="sponsored nofollow noopener">Recommended course</a>';
const options = { shortcodes: { aff: { render: () => link } }, goldmark: { unsafe: true } };
const compiled = compileBody(body, options);
const markdownIt = new MarkdownIt({ html: true, linkify: true, typographer: true });

/** Microseconds of one call in its best round, and in the median round. */
interface Cost {
  readonly best: number;
  readonly median: number;
}

const ROUNDS = 40;

function measureAll(calls: Readonly<Record<string, () => unknown>>): Record<string, Cost> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const startedAt = performance.now();
      for (let count = 0; count < 50; count += 1) call();
      const micros = ((performance.now() - startedAt) * 1000) / 50;
      times.set(name, [...(times.get(name) ?? []), micros]);
    }
  }
  return Object.fromEntries(
    [...times].map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      return [name, { best: sorted[0] ?? NaN, median: sorted[ROUNDS / 2] ?? NaN }];
    }),
  );
}

const costs = measureAll({
  scan: () => scanShortcodes(plain),
  'markdown-it': () => markdownIt.render(plain),
  compile: () => compileBody(body, options),
  splice: () => spliceBody(compiled, options.shortcodes),
});

console.log(`an article of ${body.length} bytes      best, µs   median, µs`);
for (const [name, { best, median }] of Object.entries(costs)) {
  console.log(`${name.padEnd(28)}${best.toFixed(2).padStart(11)}${median.toFixed(2).padStart(13)}`);
}
const scanRatio = (costs['markdown-it']?.best ?? NaN) / (costs['scan']?.best ?? NaN);
const verdict = (isMet: boolean): string => (isMet ? 'met' : 'MISSED');
console.log(
  `scanning text without shortcodes: ${scanRatio.toFixed(0)} times the speed of markdown-it; aim 10: ${verdict(scanRatio >= 10)}`,
);
const compileMicros = costs['compile']?.median ?? NaN;
console.log(`compiling: ${(compileMicros / 1000).toFixed(3)} ms; aim under 0.5 ms: ${verdict(compileMicros < 500)}`);
const spliceMicros = costs['splice']?.median ?? NaN;
console.log(`splicing: ${spliceMicros.toFixed(1)} µs; aim under 10 µs: ${verdict(spliceMicros < 10)}`);

compareWithHugo();

/** Both read every file and write every page. */
function compareWithHugo(): void {
  if (spawnSync('hugo', ['version']).status !== 0) {
    console.log('hugo is not installed (apt-get install hugo): the site is not compared.');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'waypost-bench-markdown-'));
  try {
    writeSite(folder);
    const times: Record<'hugo' | 'waypost', number[]> = { hugo: [], waypost: [] };
    for (let round = 0; round < 3; round += 1) {
      times.waypost.push(secondsOf(() => renderSite(folder)));
      times.hugo.push(secondsOf(() => runHugo(folder)));
    }
    const [hugo, waypost] = [Math.min(...times.hugo), Math.min(...times.waypost)];
    const ratio = waypost / hugo;
    console.log(
      `${ARTICLES} articles: hugo ${hugo.toFixed(2)} s on all cores, Waypost ${waypost.toFixed(2)} s on one: ` +
        `${ratio.toFixed(2)} of hugo; aim at most 2: ${verdict(ratio <= 2)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function secondsOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1000;
}

function writeSite(folder: string): void {
  for (const name of ['content/posts', 'layouts/_default', 'layouts/shortcodes', 'out']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'config.toml'),
    'baseURL = "https://example.org/"\ndisableKinds = ["taxonomy","term","RSS","sitemap","robotsTXT","404","home","section"]\n[markup.goldmark.renderer]\nunsafe = true\n',
  );
  writeFileSync(join(folder, 'layouts/_default/single.html'), '{{ .Content }}');
  writeFileSync(join(folder, 'layouts/shortcodes/aff.html'), link);
  for (let index = 0; index < ARTICLES; index += 1) {
    const frontMatter = `+++\ntitle = "Article ${index}"\ndate = "2025-09-12T13:19:38.864869Z"\ntags = ["security"]\n+++\n`;
    writeFileSync(join(folder, 'content/posts', `p${index}.md`), `${frontMatter}\nNumber ${index}. ${body}`);
  }
}

function renderSite(folder: string): void {
  for (let index = 0; index < ARTICLES; index += 1) {
    const name = `p${index}.md`;
    const document = readDocument(readFileSync(join(folder, 'content/posts', name), 'utf8'), { filename: name });
    writeFileSync(join(folder, 'out', `p${index}.html`), renderMarkdown(document.body, options).html);
  }
}

function runHugo(folder: string): void {
  rmSync(join(folder, 'public'), { recursive: true, force: true });
  const { status, stderr } = spawnSync('hugo', ['--quiet'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`hugo failed: ${stderr}`);
}
