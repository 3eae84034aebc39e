import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const IMPORT = /^(?:import|export)\s+(?!type\b)[^;']*?from '([^']+)';/gm;

/** Packages that are read with a file; what is imported when it is needed is not among them. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (!name.startsWith('.')) packages.add(name);
    else for (const one of packagesOf(join(dirname(file), name.replace(/\.js$/, '.ts')), seen)) packages.add(one);
  }
  return packages;
}

describe('the command line', () => {
  it('answers --help and --version without reading the framework', () => {
    const packages = [...packagesOf(cli)];
    expect(packages).toContain('commander');
    expect(packages.filter((name) => /^(?:@nestjs|@apollo|typeorm|graphql)/.test(name))).toEqual([]);
  });
});
