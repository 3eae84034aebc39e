import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../../support/count-statements.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const CHANGES = `query ($since: String!) {
  changes(since: $since) { nodes { article { path title html tags { slug } } tag { slug name } } }
}`;

let waypost: TestApp;
let since: string;

beforeAll(async () => {
  // What a process does beside requests would be counted with them.
  waypost = await startTestApp({ redirects: false, background: false });
  since = (await waypost.data('{ syncToken }', {}, null)).syncToken;
});

afterAll(() => waypost.close());

const follow = async () => (await waypost.data(CHANGES, { since }, null)).changes.nodes;

describe('changes', () => {
  it('asks the database as often for a hundred changes as for one', async () => {
    await waypost.createArticle({ slug: 'first-of-many', tags: ['many'] });
    const one = await countStatements(() => follow());
    for (let index = 0; index < 30; index += 1) {
      await waypost.createArticle({ slug: `many-${index}`, tags: ['many', `own-${index}`] });
    }
    expect(await follow()).toHaveLength(62);
    expect(await countStatements(() => follow())).toBe(one);
  });
});
