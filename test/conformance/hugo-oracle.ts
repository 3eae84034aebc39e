import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version whose behaviour Waypost follows. */
const expectedVersion = 'v0.111.3';

export const howToGetHugo = `needs hugo ${expectedVersion}: apt-get install hugo (Debian 12)`;

export function hasHugo(): boolean {
  const { status, stdout } = spawnSync('hugo', ['version'], { encoding: 'utf8' });
  return status === 0 && stdout.includes(expectedVersion);
}

export interface HugoPage {
  readonly html?: string;
  /** The core message, without the place. */
  readonly error?: string;
}

/** Builds each body as a page of its own below three lines of front matter. A site that fails is split until the failing pages are found. */
export function buildWithHugo(bodies: readonly string[]): HugoPage[] {
  if (bodies.length === 0) return [];
  const built = buildSite(bodies);
  if (built.error === undefined) return built.pages.map((html) => ({ html }));
  if (bodies.length === 1) return [{ error: built.error }];
  const middle = bodies.length >> 1;
  return [...buildWithHugo(bodies.slice(0, middle)), ...buildWithHugo(bodies.slice(middle))];
}

const site = fileURLToPath(new URL('../fixtures/hugo/site', import.meta.url));

function buildSite(bodies: readonly string[]): { pages: string[]; error?: string } {
  const folder = mkdtempSync(join(tmpdir(), 'waypost-hugo-'));
  try {
    cpSync(site, folder, { recursive: true });
    mkdirSync(join(folder, 'content'));
    for (const [index, body] of bodies.entries()) {
      writeFileSync(join(folder, 'content', `p${index}.md`), `---\ntitle: t\n---\n${body}`);
    }
    const { status, stdout, stderr } = spawnSync('hugo', ['--quiet'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) return { pages: [], error: coreMessage(stdout + stderr) };
    return { pages: bodies.map((_, index) => readPage(join(folder, 'public', `p${index}`, 'index.html'))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Hugo writes no file for an empty page. */
function readPage(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function coreMessage(output: string): string {
  return output.trim().replace(/^Error: Error building site: (?:"[^"]*": )?/, '');
}
