import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
let project: string;

/** The package as it is published, in a project that has nothing but it and its peers. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'waypost-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string }];
  const modules = join(project, 'node_modules');
  await mkdir(modules);
  await run('tar', ['xzf', join(project, filename)], { cwd: project });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await symlink(join(project, 'package'), join(modules, 'waypost'));
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

async function runScript(script: string): Promise<string> {
  await writeFile(join(project, 'script.mjs'), script);
  // Paths below the project are kept, as in a real installation.
  const { stdout } = await run(process.execPath, ['--preserve-symlinks', 'script.mjs'], { cwd: project });
  return stdout;
}

// Starting Node and loading Nest take seconds on a busy machine.
describe('the published package', { timeout: 120_000 }, () => {
  it('holds compiled files, types, migrations and papers, and no source, test or machine', async () => {
    const names = await readdir(join(project, 'package'), { recursive: true });
    expect(names).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'schema.graphql', 'dist/src/index.d.ts']));
    expect(names).toContain('dist/migrations/0001-create-content.js');
    expect(
      names.filter((name) => /(^|\/)(test|bench|\.waypost|node_modules)(\/|$)|\.test\.|(?<!\.d)\.ts$/.test(name)),
    ).toEqual([]);
  });

  it('renders Markdown without a framework', async () => {
    const stdout = await runScript(`
      import { renderMarkdown, readDocument } from 'waypost/markdown';
      const { body } = readDocument('+++\\ntitle = "T"\\n+++\\n{{< aff "k" "T" >}}', { filename: 'a.md' });
      const aff = { render: (call) => '<a href="/go/' + call.get('key', 0) + '">' + call.get('text', 1) + '</a>' };
      console.log(renderMarkdown(body, { shortcodes: { aff } }).html);
    `);
    expect(stdout.trim()).toBe('<a href="/go/k">T</a>');
  });

  it.each([
    ['waypost', ['WaypostModule', 'ArticlesService', 'PartnersService', 'RedirectsService', 'formatGraphqlError']],
    ['waypost/affiliates', ['AffiliatesModule', 'PartnersService', 'RedirectsService', 'ReportsService']],
    ['waypost/content', ['ContentModule', 'ArticlesService', 'TagsService']],
    ['waypost/testing', ['startWaypost']],
  ])('%s gives what the docs name', async (name, exported) => {
    const stdout = await runScript(`
      import 'reflect-metadata';
      import * as entry from '${name}';
      console.log(JSON.stringify(Object.keys(entry)));
    `);
    expect(JSON.parse(stdout)).toEqual(expect.arrayContaining(exported));
  });

  it('runs its command', async () => {
    const bin = join(project, 'node_modules/waypost/dist/src/cli.js');
    const { stdout } = await run(process.execPath, [bin, '--version'], { cwd: project });
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(stdout.trim()).toBe(version);
  });

  it('has types that a strict project compiles against', async () => {
    await writeFile(
      join(project, 'host.ts'),
      `import { Module } from '@nestjs/common';
import { WaypostModule, type WaypostOptions } from 'waypost';
import { AffiliatesModule } from 'waypost/affiliates';
import { ContentModule } from 'waypost/content';
import { renderMarkdown } from 'waypost/markdown';
import { startWaypost } from 'waypost/testing';
const options: WaypostOptions = { database: { url: 'postgres://x' }, links: { publicUrl: 'https://x.example' } };
@Module({ imports: [WaypostModule.forRoot(options), WaypostModule.forRootAsync({ useFactory: () => options })] })
export class HostModule {}
export const html: string = renderMarkdown('x', { shortcodes: { x: { render: (call) => call.name } } }).html;
export const others = [AffiliatesModule.forRoot(options), ContentModule.forRoot(options), startWaypost];
// @ts-expect-error: an option that does not exist
WaypostModule.forRoot({ ...options, nonsense: 1 });
`,
    );
    const flags = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--noEmit', '--skipLibCheck'];
    const types = ['--experimentalDecorators', '--types', 'node', '--preserveSymlinks'];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [compiler, ...flags, ...types, 'host.ts'], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });
});
