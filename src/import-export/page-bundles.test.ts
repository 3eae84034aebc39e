import { expect, it } from 'vitest';
import { PageBundles } from './page-bundles.js';

/** What `hugo list all` of Hugo 0.111.3 leaves out of these; see also test/conformance/page-bundles.test.ts. */
it.each([
  ['a file beside index.md', ['a/index.md', 'a/x.md'], ['a/x.md']],
  [
    'a file below it, whatever its name',
    ['a/index.md', 'a/b/c/index.md', 'a/b/_index.md'],
    ['a/b/c/index.md', 'a/b/_index.md'],
  ],
  ['files of all languages', ['a/index.de.md', 'a/x.md', 'a/x.de.md'], ['a/x.md', 'a/x.de.md']],
  [
    'no page of a language that the bundle above has none of',
    ['a/index.de.md', 'a/b/index.md', 'a/b/x.md'],
    ['a/b/x.md'],
  ],
  ['nothing where the second part of the name is no language', ['a/index.js.md', 'a/x.md'], []],
  ['nothing beside _index.md', ['a/_index.md', 'a/x.md'], []],
  ['nothing beside both', ['a/_index.md', 'a/index.md', 'a/x.md'], []],
  ['nothing beside INDEX.md', ['a/INDEX.md', 'a/x.md'], []],
  ['nothing at the top', ['index.md', 'x.md', 'a/x.md'], []],
  ['nothing in a folder whose name begins alike', ['a/index.markdown', 'ab/x.md'], []],
] as const)('finds as a resource %s', (_what, names, resources) => {
  const bundles = new PageBundles(names, ['en', 'de'], 'en');
  expect(names.filter((name) => bundles.bundleOf(name) !== undefined)).toEqual(resources);
});
