import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PageBundles } from '../../src/import-export/page-bundles.js';
import { seededRandom } from '../support/random.js';
import { hasHugo, howToGetHugo } from './hugo-oracle.js';

/** Trees of a few files, each below a folder of its own. */
function randomNames(trees: number): string[] {
  const random = seededRandom(20250912);
  const folders = ['', 'a/', 'a/b/', 'a/b/c/', 'd/'];
  const bases = ['index', '_index', 'x', 'y', 'index.de', '_index.de', 'x.de'];
  const names = new Set<string>();
  for (let tree = 0; tree < trees; tree += 1) {
    for (let file = 0; file < 7; file += 1) {
      names.add(`tree${tree}/${random.pick(folders)}${random.pick(bases)}.md`);
    }
  }
  return [...names].sort();
}

/** Names of the files that Hugo makes a page of; it lists no sections. */
function listPages(names: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'waypost-bundles-'));
  try {
    writeFileSync(
      join(folder, 'config.toml'),
      'baseURL = "https://a.example/"\n[languages.en]\nweight = 1\n[languages.de]\nweight = 2\n',
    );
    for (const name of names) {
      mkdirSync(join(folder, 'content', dirname(name)), { recursive: true });
      writeFileSync(join(folder, 'content', name), '---\ntitle: x\n---\n');
    }
    const { stdout } = spawnSync('hugo', ['list', 'all'], { cwd: folder, encoding: 'utf8' });
    const pages = [...stdout.matchAll(/^content\/([^,]+),/gm)].map(([, name]) => name ?? '');
    // Hugo lists a page of two languages twice.
    return [...new Set(pages)].sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('page bundles', () => {
  it.skipIf(!hasHugo())(`are those of the real Hugo (${howToGetHugo})`, () => {
    const names = randomNames(150);
    const bundles = new PageBundles(names, ['en', 'de'], 'en');
    const pages = names.filter((name) => bundles.bundleOf(name) === undefined && !/\/_index\./.test(name));
    expect(pages).toEqual(listPages(names));
  });
});
