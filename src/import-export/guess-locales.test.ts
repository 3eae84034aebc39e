import { describe, expect, it } from 'vitest';
import { guessLocales } from './guess-locales.js';

describe('the languages that file names show', () => {
  it.each([
    ['nothing of one language', ['a.md', 'posts/b.md'], []],
    ['a suffix beside the same name without', ['posts/a.md', 'posts/a.de.md'], ['de']],
    ['two suffixes of one name', ['a.en.md', 'a.pt-br.md'], ['en', 'pt-br']],
    ['bundles', ['a/index.md', 'a/index.fr.md', '_index.md', '_index.de.md'], ['de', 'fr']],
    ['folders with the same file', ['en/posts/a.md', 'de/posts/a.md', 'de/posts/b.md'], ['de', 'en']],
    ['a folder that mirrors the others', ['posts/a.md', 'de/posts/a.md'], ['de']],
    ['no code without the other language', ['posts/a.de.md', 'it/news.md'], []],
    ['no suffix that is no language', ['node.md', 'node.js.md', 'v1.md', 'v1.25.md'], []],
  ])('are those of %s', (_name, names, locales) => {
    expect(guessLocales(names)).toEqual(locales);
  });
});
