import { createHash } from 'node:crypto';
import type { ArticleDraft } from '../articles/article-draft.js';
import { termSlug } from '../front-matter/hugo-url.js';
import { writeFrontMatter } from '../front-matter/write-front-matter.js';
import { cutText } from './cut-text.js';
import { escapeMarkdown } from './escape-markdown.js';
import { FeedError } from './feed-error.js';
import type { FeedTemplate } from './feed-template.js';
import type { TextBlock } from './html-text.js';
import { cleanText, plainText, readTextBlocks } from './html-text.js';
import type { FeedItem } from './read-feed.js';

export const MOST_DESCRIPTION = 150;
const MOST_TITLE = 300;
const MOST_DETAILS = 6000;
const MOST_SLUG = 80;
const MOST_TAGS = 10;
const MOST_TAG = 50;
const MOST_KEY_POINT = 300;
const MOST_KEY_POINTS = 8;
/** Of the texts of one item. Longer ones are no articles. */
const MOST_ITEM_BYTES = 2 ** 20;

export interface DraftOptions {
  readonly template: FeedTemplate;
  readonly defaultLocale: string;
  /** The moment of the run: a feed cannot date an article into the future. */
  readonly at: Date;
  /** The date of an item that names none: when it was first taken. */
  readonly firstTakenAt: Date;
}

/**
 * The draft article of an item: TOML front matter, an introduction, key points where the feed has some, details, the `aff` calls of the
 * template and the date of the last change. Nobody vouches for what a feed says: its text can open nothing in the Markdown,
 * and the article is untrusted, so that its HTML is sanitised.
 * @throws FeedError ITEM_TOO_LARGE, ITEM_WITHOUT_TEXT
 */
export function draftItem(item: FeedItem, { template, defaultLocale, at, firstTakenAt }: DraftOptions): ArticleDraft {
  const bytes = Buffer.byteLength(item.content) + Buffer.byteLength(item.summary) + Buffer.byteLength(item.title);
  if (bytes > MOST_ITEM_BYTES) {
    throw new FeedError('ITEM_TOO_LARGE', `The item has ${bytes} bytes of text. At most ${MOST_ITEM_BYTES} are taken.`);
  }
  const blocks = blocksOf(item.content === '' ? item.summary : item.content);
  const summary = plainText(item.summary === '' ? item.content : item.summary);
  const title = cutText(cleanText(item.title) || summary, MOST_TITLE);
  if (title === '') throw new FeedError('ITEM_WITHOUT_TEXT', 'The item has neither title nor text.');
  const isPast = (moment: Date | undefined): moment is Date => moment !== undefined && moment <= at;
  const date = [item.publishedAt, firstTakenAt].find(isPast) ?? at;
  const updated = [item.updatedAt, date].find(isPast) ?? at;
  const facts = {
    title,
    date,
    tags: tagsOf(item, template),
    description: cutText(summary, MOST_DESCRIPTION) || null,
    canonicalUrl: item.url ?? null,
  };
  const head = headOf(facts);
  const source = bodyOf(title, blocks, updated, template);
  const slug = slugOf(title, item.guid);
  return {
    path: `${template.path}/${slug}`,
    locale: template.locale ?? defaultLocale,
    slug,
    title,
    description: facts.description,
    canonicalUrl: facts.canonicalUrl,
    source,
    sourceLine: head.split('\n').length,
    isTrusted: false,
    file: Buffer.from(head + source),
    tags: facts.tags,
    params: {},
    status: 'draft',
    publishedAt: date,
    expiresAt: null,
    declaredUpdatedAt: updated,
    diagnostics: [],
  };
}

/** The same article where another one stands at its path already. */
export function moveAside(draft: ArticleDraft, guid: string): ArticleDraft {
  const slug = `${draft.slug}-${createHash('sha256').update(guid).digest('hex').slice(0, 8)}`;
  return { ...draft, slug, path: draft.path.slice(0, draft.path.lastIndexOf('/') + 1) + slug };
}

interface Facts {
  readonly title: string;
  readonly date: Date;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly canonicalUrl: string | null;
}

function headOf({ title, date, tags, description, canonicalUrl }: Facts): string {
  return writeFrontMatter({
    title,
    date: date.toISOString(),
    tags,
    description: description ?? undefined,
    canonicalURL: canonicalUrl ?? undefined,
    draft: true,
  });
}

function bodyOf(title: string, blocks: readonly TextBlock[], updated: Date, template: FeedTemplate): string {
  const keyPoints = findKeyPoints(blocks);
  const rest = blocks.filter((block) => !keyPoints?.used.includes(block));
  const details = detailsOf(rest);
  const sections = [
    template.intro.replaceAll('{title}', () => escapeMarkdown(title)),
    keyPoints && `## Key Points\n${keyPoints.items.map((point) => `- ${escapeMarkdown(point)}`).join('\n')}`,
    details === '' ? undefined : `## Details\n${details}`,
    ...template.calls,
    `*Updated: ${updated.toISOString().slice(0, 10)}*`,
  ];
  return `\n${sections.filter((section) => section !== undefined && section !== '').join('\n\n')}\n`;
}

/** Paragraphs and lists, until there is enough. */
function detailsOf(blocks: readonly TextBlock[]): string {
  const pieces: string[] = [];
  let room = MOST_DETAILS;
  for (const block of blocks) {
    const text = block.kind === 'list' ? block.items.join('; ') : block.text;
    if (text.length > room) {
      // A word or two would be no sentence.
      if (room > MOST_DETAILS / 20) pieces.push(escapeMarkdown(cutText(text, room)));
      break;
    }
    room -= text.length;
    pieces.push(
      block.kind === 'list' ? block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n') : escapeMarkdown(text),
    );
  }
  return pieces.join('\n\n');
}

/** Headings and lines under which writers put what matters. */
const KEY_POINTS =
  /^(?:the |our |some )?(?:key|main) (?:points?|takeaways?|insights?|findings?|facts?|highlights?|learnings?|messages?|benefits?|features?)\b|^(?:highlights|takeaways|tl;?dr|at a glance|in short|in brief|summary)\b|what you(?:’|')?(?: wi)?ll learn/i;

/**
 * A list that the writer calls the key points; else the first short list of whole thoughts. None is ever made up.
 * `used`: the blocks that need no telling again.
 */
function findKeyPoints(blocks: readonly TextBlock[]): { items: readonly string[]; used: TextBlock[] } | undefined {
  const lists = blocks.flatMap((block, index) => {
    if (block.kind !== 'list' || block.items.length < 2 || block.items.length > MOST_KEY_POINTS) return [];
    if (!block.items.every((item) => item.length <= MOST_KEY_POINT)) return [];
    const before = blocks[index - 1];
    const isNamed =
      before !== undefined && before.kind !== 'list' && before.text.length <= 80 && KEY_POINTS.test(before.text);
    return [{ items: block.items, used: isNamed ? [before, block] : [block], isNamed }];
  });
  const isThought = (item: string): boolean => item.split(' ').length >= 3;
  return lists.find(({ isNamed }) => isNamed) ?? lists.find(({ items }) => items.every(isThought));
}

/** A text whose every tag was escaped is HTML all the same: feeds escape once too often. */
function blocksOf(html: string): TextBlock[] {
  const blocks = readTextBlocks(html);
  const [only, ...others] = blocks;
  const isEscaped =
    only?.kind === 'paragraph' && others.length === 0 && /<(?:p|div|ul|br|h\d)\b[^<>]*>/i.test(only.text);
  return isEscaped ? readTextBlocks(only.text) : blocks;
}

function tagsOf({ categories }: FeedItem, { tags }: FeedTemplate): string[] {
  const own = tags.length > 0 ? tags : categories.filter((name) => name.length <= MOST_TAG && termSlug(name) !== '');
  const bySlug = new Map(own.map((name) => [termSlug(name), name]));
  return [...bySlug.values()].slice(0, MOST_TAGS);
}

/** Letters and digits of the title, in lower case; an apostrophe parts no word. */
function slugOf(title: string, guid: string): string {
  const words =
    title
      .normalize('NFKD')
      .replaceAll(/\p{M}|['’]/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const kept: string[] = [];
  for (const word of words) {
    if ([...kept, word].join('-').length > MOST_SLUG) break;
    kept.push(word);
  }
  return kept.join('-') || `item-${createHash('sha256').update(guid).digest('hex').slice(0, 12)}`;
}
