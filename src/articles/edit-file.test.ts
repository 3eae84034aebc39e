import { describe, expect, it } from 'vitest';
import type { ArticleDraft } from './article-draft.js';
import { editFile } from './edit-file.js';

const FILE = `+++
title = 'One' # the title
date = "2025-09-12T13:19:38.864869Z"
tags = ["security", "AWS Notes"]
canonicalURL = "https://example.org/one"
weight = 3
+++

Body one.
`;

const draft = (changes: Partial<ArticleDraft> = {}): ArticleDraft => ({
  path: '/posts/one',
  locale: 'en',
  slug: 'one',
  title: 'One',
  description: null,
  canonicalUrl: 'https://example.org/one',
  source: '\nBody one.\n',
  sourceLine: 8,
  isTrusted: true,
  file: Buffer.from(FILE),
  tags: ['security', 'AWS Notes'],
  params: { weight: 3 },
  status: 'published',
  publishedAt: new Date('2025-09-12T13:19:38.864Z'),
  expiresAt: null,
  declaredUpdatedAt: null,
  diagnostics: [],
  ...changes,
});

const edited = (changes: Partial<ArticleDraft>): string => String(editFile(draft(), draft(changes)).file);

describe('the file of an article that is edited', () => {
  it.each<[string, Partial<ArticleDraft>, string, string]>([
    ['the title', { title: 'Two' }, `'One' #`, `'Two' #`],
    ['the body', { source: '\nOther.\n' }, 'Body one.', 'Other.'],
    ['the tags', { tags: ['security'] }, `["security", "AWS Notes"]`, `["security"]`],
    [
      'the canonical URL',
      { canonicalUrl: 'https://example.org/2' },
      'https://example.org/one',
      'https://example.org/2',
    ],
    ['a parameter', { params: { weight: 4 } }, 'weight = 3', 'weight = 4'],
    ['a parameter that goes', { params: {} }, 'weight = 3\n', ''],
    ['a description', { description: 'New' }, 'weight = 3\n', `weight = 3\ndescription = "New"\n`],
    ['a status', { status: 'draft' }, 'weight = 3\n', 'weight = 3\ndraft = true\n'],
    ['a slug that the path does not say', { slug: 'uno' }, 'weight = 3\n', `weight = 3\nslug = "uno"\n`],
    [
      'the date of publication',
      { publishedAt: new Date('2026-01-02T03:04:05.678Z') },
      '2025-09-12T13:19:38.864869Z',
      '2026-01-02T03:04:05.678Z',
    ],
  ])('has other bytes for %s alone', (_what, changes, before, after) => {
    expect(edited(changes)).toBe(FILE.replace(before, after));
  });

  it.each<[string, Partial<ArticleDraft>]>([
    ['nothing changes', {}],
    ['only its place does', { path: '/posts/two', slug: 'two', locale: 'de' }],
    ['tags are written otherwise', { tags: ['Security', 'aws-notes'] }],
  ])('stays byte for byte where %s', (_what, changes) => {
    expect(edited(changes)).toBe(FILE);
  });

  it('tells the line on which the body starts then', () => {
    expect(editFile(draft(), draft({ description: 'New' })).sourceLine).toBe(9);
  });

  it('is none where there was none', () => {
    expect(editFile(draft({ file: null }), draft({ file: null, title: 'Two' })).file).toBeNull();
  });

  it('refuses what its format has no form for', () => {
    expect(() => edited({ params: { weight: null } })).toThrow(/TOML has no null/);
  });
});
