import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProductionApp } from '../../support/production-app.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp();
});

afterAll(() => waypost.close());

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

const get = (path: string, accept: string) => fetch(waypost.url + path, { headers: { accept } });

describe('the landing page', () => {
  it('is for browsers that ask nothing', async () => {
    expect((await get('/graphql', 'text/html')).headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await get('/graphql', 'application/json')).headers.get('content-type')).toMatch(/json/);
    expect((await get('/graphql?query={__typename}', 'text/html,*/*')).headers.get('content-type')).toMatch(/json/);
  });

  it('loads nothing from elsewhere, and says so to the browser', async () => {
    const page = await get('/graphql', 'text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, path]) => path ?? '');
    expect(files).toHaveLength(6);
    for (const path of files) {
      expect(path).toMatch(/^\/graphql\/page\//);
      const file = await get(path, '*/*');
      expect([path, file.status, file.headers.get('content-type')]).toEqual([
        path,
        200,
        expect.stringMatching(/^text\/(javascript|css); charset=utf-8$/),
      ]);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });

  it.skipIf(chromium === undefined)(
    'begins in a browser (needs Chromium: apt-get install chromium)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'waypost-chromium-'));
      const { stdout } = await promisify(execFile)(chromium ?? '', [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=30000'],
        ...[`--user-data-dir=${folder}`, '--dump-dom', `${waypost.url}/graphql`],
      ]);
      rmSync(folder, { recursive: true, force: true });
      expect(stdout).toContain('graphiql-container');
      expect(stdout).toContain('contentUpdatedAt');
    },
    120_000,
  );

  it('is off in production', async () => {
    const production = await startProductionApp();
    const response = await fetch(`${production.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(response.headers.get('content-type')).not.toMatch(/html/);
    expect((await fetch(`${production.url}/graphql/page/react.js`)).headers.get('content-type')).not.toMatch(
      /javascript/,
    );
    await production.close();
  });
});
