import { createHash } from 'node:crypto';
import { DetectError, parseFeed } from 'feedsmith';
import { FeedError } from './feed-error.js';
import { cleanText, plainTitle } from './html-text.js';

/** What a feed says of one article. Texts are as they came, HTML or not. */
export interface FeedItem {
  /** The identity of the item within its feed. */
  readonly guid: string;
  /** One line, without markup. Empty where the feed gives none. */
  readonly title: string;
  /** Absolute, http or https. */
  readonly url: string | undefined;
  readonly publishedAt: Date | undefined;
  readonly updatedAt: Date | undefined;
  readonly summary: string;
  readonly content: string;
  /** One line each, without markup. */
  readonly categories: readonly string[];
}

export interface FeedDocument {
  readonly title: string;
  readonly items: readonly FeedItem[];
  /** There are more, which were not read. */
  readonly isCut: boolean;
}

/** Items read of one feed; feeds have their newest first. */
const MOST_ITEMS = 200;
const LONGEST_GUID = 500;

interface RawItem {
  readonly guid?: string | undefined;
  readonly title?: string | undefined;
  readonly link?: string | undefined;
  readonly published?: string | undefined;
  readonly updated?: string | undefined;
  readonly summary?: string | undefined;
  readonly content?: string | undefined;
  readonly categories?: readonly (string | undefined)[] | undefined;
}

/**
 * Reads RSS, RDF, Atom and JSON Feed. `base` is where the feed came from, for relative addresses. The first of several items with one
 * guid counts.
 * @throws FeedError FEED_UNREADABLE
 */
export function readFeed(text: string, base: string): FeedDocument {
  const { title, items } = parse(text);
  const byGuid = new Map<string, FeedItem>();
  for (const raw of items.slice(0, MOST_ITEMS)) {
    const item = itemOf(raw, base);
    if (!byGuid.has(item.guid)) byGuid.set(item.guid, item);
  }
  return { title: oneLine(title), items: [...byGuid.values()], isCut: items.length > MOST_ITEMS };
}

function parse(text: string): { title: string | undefined; items: RawItem[] } {
  try {
    // One more, to know whether there are more.
    const parsed = parseFeed(text, { maxItems: MOST_ITEMS + 1 });
    if (parsed.format === 'rss') return { title: parsed.feed.title, items: (parsed.feed.items ?? []).map(ofRss) };
    if (parsed.format === 'atom')
      return { title: parsed.feed.title?.value, items: (parsed.feed.entries ?? []).map(ofAtom) };
    if (parsed.format === 'rdf') return { title: parsed.feed.title, items: (parsed.feed.items ?? []).map(ofRdf) };
    return { title: parsed.feed.title, items: (parsed.feed.items ?? []).map(ofJson) };
  } catch (error) {
    const reason =
      error instanceof DetectError
        ? 'It is neither RSS, nor Atom, nor JSON Feed. Give the address of the feed, not of the page it belongs to.'
        : `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
    throw new FeedError('FEED_UNREADABLE', reason, { cause: error });
  }
}

type ParsedFeed = ReturnType<typeof parseFeed<string>>;
type Feed<Format extends ParsedFeed['format']> = Extract<ParsedFeed, { format: Format }>['feed'];
type One<List> = NonNullable<List> extends readonly (infer Item)[] ? Item : never;

function ofRss(item: One<Feed<'rss'>['items']>): RawItem {
  return {
    guid: item.guid?.value,
    title: item.title,
    link: item.link ?? (item.guid?.isPermaLink === false ? undefined : item.guid?.value),
    published: item.pubDate ?? item.dc?.dates?.[0],
    updated: item.atom?.updated ?? item.dcterms?.modified?.[0],
    summary: item.description,
    content: item.content?.encoded,
    categories: item.categories?.map(({ name }) => name),
  };
}

function ofAtom(entry: One<Feed<'atom'>['entries']>): RawItem {
  const link = entry.links?.find(({ rel }) => rel === undefined || rel === 'alternate') ?? entry.links?.[0];
  return {
    guid: entry.id,
    title: entry.title?.value,
    link: link?.href,
    published: entry.published ?? entry.updated,
    updated: entry.updated,
    summary: htmlOfAtom(entry.summary),
    content: htmlOfAtom(entry.content),
    categories: entry.categories?.map(({ label, term }) => label ?? term),
  };
}

/** Atom says whether a text is HTML (RFC 4287, 3.1.1). */
function htmlOfAtom(text: { readonly value?: string; readonly type?: string } | undefined): string | undefined {
  const isHtml = text?.type === 'html' || text?.type === 'xhtml';
  return isHtml ? text.value : text?.value?.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function ofRdf(item: One<Feed<'rdf'>['items']>): RawItem {
  return {
    guid: item.rdf?.about ?? item.link,
    title: item.title,
    link: item.link,
    published: item.dc?.dates?.[0],
    summary: item.description,
    content: item.content?.encoded,
    categories: item.dc?.subjects,
  };
}

function ofJson(item: One<Feed<'json'>['items']>): RawItem {
  return {
    guid: item.id,
    title: item.title,
    link: item.url ?? item.external_url,
    published: item.date_published,
    updated: item.date_modified,
    summary: item.summary,
    content: item.content_html ?? item.content_text?.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    categories: item.tags,
  };
}

function itemOf(raw: RawItem, base: string): FeedItem {
  const url = readUrl(raw.link, base);
  const title = oneLine(raw.title);
  return {
    guid: namedGuid(raw.guid) ?? namedGuid(url) ?? hashGuid(`${title}\n${raw.published ?? ''}\n${raw.summary ?? ''}`),
    title,
    url,
    publishedAt: readDate(raw.published) ?? readDate(raw.updated),
    updatedAt: readDate(raw.updated),
    summary: raw.summary ?? '',
    content: raw.content ?? '',
    categories: (raw.categories ?? []).map((name) => oneLine(name)).filter((name) => name !== ''),
  };
}

/** More of a title or name is never shown. */
const LONGEST_LINE = 2000;

function oneLine(text: string | undefined): string {
  return plainTitle((text ?? '').slice(0, LONGEST_LINE));
}

/** A hash of one that is too long, or has characters that cannot be kept. */
function namedGuid(text: string | undefined): string | undefined {
  const guid = text?.trim() ?? '';
  if (guid === '') return undefined;
  return guid.length <= LONGEST_GUID && guid === cleanText(guid) ? guid : hashGuid(guid);
}

function hashGuid(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function readUrl(text: string | undefined, base: string): string | undefined {
  if (text === undefined || !URL.canParse(text.trim(), base)) return undefined;
  const url = new URL(text.trim(), base);
  const isWeb = (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '';
  return isWeb && url.href.length <= 2000 ? url.href : undefined;
}

function readDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : undefined;
}
