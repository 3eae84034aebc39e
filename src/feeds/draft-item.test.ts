import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../front-matter/read-document.js';
import { findUpdatedStamp } from '../front-matter/updated-stamp.js';
import { draftItem, MOST_DESCRIPTION } from './draft-item.js';
import { DEFAULT_TEMPLATE, readTemplate } from './feed-template.js';
import type { FeedItem } from './read-feed.js';
import { readFeed } from './read-feed.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/feeds/${name}`, import.meta.url), 'utf8');
const template = readTemplate(fixture('template.md'), 'template.md');
const at = new Date('2025-10-01T00:00:00Z');
const options = { template, defaultLocale: 'en', at, firstTakenAt: at };

const item = (part: Partial<FeedItem> = {}): FeedItem => ({
  guid: 'g',
  title: 'Title',
  url: 'https://notes.example/title/',
  publishedAt: new Date('2025-09-12T13:19:38.864Z'),
  updatedAt: undefined,
  summary: '',
  content: '',
  categories: [],
  ...part,
});
const draft = (part: Partial<FeedItem>, more = {}) => draftItem(item(part), { ...options, ...more });
const file = (part: Partial<FeedItem>, more = {}): string => String(draft(part, more).file);

describe('the articles of a feed', () => {
  const { items } = readFeed(fixture('blog.rss'), 'https://notes.example/feed');

  it('have the shape of their template', () => {
    expect(String(draftItem(items[0] ?? item(), options).file)).toBe(`+++
title = "Backups you can restore: a customer’s drill"
date = "2025-09-12T13:19:38.000Z"
tags = ["security", "certification"]
description = "September 1, 2025: This note was republished to name the tools. Teams that never restore a backup learn on the worst day of the year that it holds…"
canonicalURL = "https://notes.example/backups-you-can-restore/"
draft = true
+++

Backups you can restore: a customer’s drill — summary and exam-relevant notes.

## Key Points
- Restore every month & write it down
- Keep one copy out of reach

## Details
Teams that never restore a backup learn on the worst day that it holds nothing.

How the drill went

It took four hours, \\{\\{\\< aff "evil_partner" "click me" \\>}} and one surprise.

{{< aff "training_partner" "Recommended course" >}}

{{< aff "vpn_vendor" "Try a VPN deal" >}}

*Updated: 2025-09-12*
`);
  });

  it('have no key points where the feed has none, and their details from what it has', () => {
    const { source, description } = draftItem(items[1] ?? item(), options);
    expect(source).not.toContain('Key Points');
    expect(source).toContain('## Details\nOnly a description.\n');
    expect(description).toBe('Only a description.');
  });

  it('are read from their file as they are saved', () => {
    for (const one of items) {
      const { file: bytes, source, sourceLine, title, tags, description, canonicalUrl } = draftItem(one, options);
      const { body, bodyLine, fields, params, diagnostics } = readDocument(String(bytes));
      expect(diagnostics).toEqual([]);
      expect([body, bodyLine]).toEqual([source, sourceLine]);
      expect([fields.title, fields.tags, fields.description, fields.draft]).toEqual([title, tags, description, true]);
      expect(params['canonicalurl']).toBe(canonicalUrl);
      expect(findUpdatedStamp(source)?.date).toMatch(/^2025-09-/);
    }
  });

  it('are untrusted drafts at the path of the template', () => {
    expect(draft({ title: 'Größe & Maß: 10 % mehr!' })).toMatchObject({
      path: '/cloud/große-maß-10-mehr',
      slug: 'große-maß-10-mehr',
      status: 'draft',
      isTrusted: false,
      publishedAt: new Date('2025-09-12T13:19:38.864Z'),
    });
  });
});

describe('an article of a feed', () => {
  it.each([
    ['is dated when it was first taken, without a date', { publishedAt: undefined }, '2025-10-01'],
    ['is not dated into the future', { publishedAt: new Date('2030-01-01') }, '2025-10-01'],
    ['carries the date of its last change', { updatedAt: new Date('2025-09-20T23:59:59Z') }, '2025-09-20'],
    ['carries no change of the future', { updatedAt: new Date('2031-01-01') }, '2025-09-12'],
  ])('%s', (_name, part, date) => {
    expect(file(part).trimEnd()).toMatch(new RegExp(`\\*Updated: ${date}\\*$`));
  });

  it.each([
    ['as it is', 'One. Two.', 'One. Two.'],
    ['without markup and entities', '<p>A &amp; B &#x5b;&#8230;&#x5d;</p>', 'A & B…'],
    ['without what was escaped twice', '&lt;p&gt;A &amp;amp; B&lt;/p&gt;', 'A & B'],
    ['cut behind a word', 'word '.repeat(50), `${'word '.repeat(30).trim()}…`],
  ])('is described %s', (_name, summary, description) => {
    expect(draft({ summary }).description).toBe(description);
    expect(description.length).toBeLessThanOrEqual(MOST_DESCRIPTION);
  });

  it('is described by its content where it has no summary, and not at all where it has no text', () => {
    expect(draft({ content: '<p>Text.</p>' }).description).toBe('Text.');
    expect(file({})).not.toMatch(/description|## Details/);
  });

  it.each([
    ['a list that is called so', '<p>Takeaways:</p><ul><li>A</li><li>B</li></ul>', '- A\n- B'],
    [
      'a short list of thoughts',
      '<ul><li>One thought each</li><li>Another one here</li></ul>',
      '- One thought each\n- Another one here',
    ],
  ])('has key points from %s', (_name, content, points) => {
    expect(file({ content })).toContain(`## Key Points\n${points}\n`);
  });

  it.each([
    ['a menu', '<ul><li><a href="/">Home</a></li><li>About us</li></ul>'],
    ['a single item', '<ul><li>Only one thought here</li></ul>'],
    ['a long list', `<ul>${'<li>One of very many</li>'.repeat(20)}</ul>`],
    ['prose', '<p>Key points: there are none.</p>'],
  ])('has none from %s', (_name, content) => {
    expect(file({ content })).not.toContain('## Key Points');
  });

  it('has the tags of the template, else the categories of the feed', () => {
    const categories = ['Cloud', 'cloud', 'x'.repeat(60), '  ', '!!!', 'Notes'];
    expect(draft({ categories }).tags).toEqual(['security', 'certification']);
    expect(draft({ categories }, { template: DEFAULT_TEMPLATE }).tags).toEqual(['cloud', 'Notes']);
  });

  it.each([
    ['a shortcode', '{{< aff "x" "y" >}} {{% raw %}} {{</* a */>}}'],
    ['a fence', '<p>```</p><p>{{< aff "x" "y" >}}</p><p>~~~</p>'],
    ['front matter', '+++\ntitle = "x"\n+++\n---\nx: 1\n---'],
    ['a comment', '<!--more--> &lt;!--more--&gt; &lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a stamp of its own', '*Updated: 1999-01-01*'],
  ])('cannot be made to hold %s by the feed', (_name, hostile) => {
    const made = draft({ title: hostile, summary: hostile, content: hostile, categories: [hostile] });
    expect(made.source.match(/\{\{[<%]/g)).toHaveLength(2);
    expect(made.source).not.toMatch(/^(```|~~~|\+\+\+|---)|(?<!\\)<(!--|script)/m);
    expect(findUpdatedStamp(made.source)?.date).toBe('2025-09-12');
    expect(readDocument(String(made.file)).fields.title).toBe(made.title);
  });

  it('that is too large, or says nothing, is refused by name', () => {
    expect(() => draft({ content: 'x'.repeat(2 ** 20) })).toThrow(/has 10\d{5} bytes of text/);
    expect(() => draft({ title: '', content: '<img src="x">' })).toThrow('The item has neither title nor text.');
  });

  it('takes its title from its text where it has none', () => {
    expect(draft({ title: '', summary: 'A note. And more.' })).toMatchObject({ title: 'A note. And more.' });
  });
});

describe('a template', () => {
  it('is read from a model article', () => {
    expect(template).toEqual({
      path: '/cloud',
      locale: undefined,
      tags: ['security', 'certification'],
      intro: '{title} — summary and exam-relevant notes.',
      calls: ['{{< aff "training_partner" "Recommended course" >}}', '{{< aff "vpn_vendor" "Try a VPN deal" >}}'],
    });
  });

  it.each([
    ['broken front matter', '+++\ntags = [\n+++\n', /^t\.md:\d+:\d+ /],
    ['a path out of the tree', '+++\npath = "../x"\n+++\n', /"path" is "\.\.\/x"/],
    ['an unknown key', '+++\nweight = 3\n+++\n', /The key "weight" has no meaning/],
    ['a broken call', '+++\n+++\n\n{{< aff "x" >\n', /^t\.md:4 /],
    ['a call without a partner', '+++\n+++\n{{< aff >}}\n', /^t\.md:3 /],
  ])('with %s is refused', (_name, text, message) => {
    expect(() => readTemplate(text, 't.md')).toThrow(message);
  });
});
