import { FeedError } from './feed-error.js';

/**
 * The text of a feed. The encoding is what a byte order mark says, else the Content-Type, else the XML declaration, else UTF-8
 * (RFC 7303, 3).
 * @throws FeedError FEED_UNREADABLE for an encoding nobody knows; FEED_ENTITIES_REFUSED.
 */
export function decodeFeed(bytes: Uint8Array, contentType: string | undefined): string {
  const encoding = markedEncoding(bytes) ?? namedEncoding(contentType) ?? declaredEncoding(bytes) ?? 'utf-8';
  const text = decoderOf(encoding).decode(bytes);
  refuseEntities(text);
  return text;
}

function decoderOf(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding);
  } catch (error) {
    throw new FeedError('FEED_UNREADABLE', `The feed is encoded as "${encoding}", which is not known.`, {
      cause: error,
    });
  }
}

function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

function namedEncoding(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(contentType ?? '')?.[1];
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  return /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start)?.[1];
}

/** What may stand before the root element: white space, declarations, comments. */
const PROLOG = /[\s\uFEFF]*(?:<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!->))*-->|(?=<!DOCTYPE))/iy;

/**
 * Entities that a document defines for itself can name each other until they fill the memory, or name files. No feed needs them: a
 * DOCTYPE with declarations of its own is refused, whatever they are. A DOCTYPE that only names a standard is harmless.
 */
function refuseEntities(text: string): void {
  PROLOG.lastIndex = 0;
  let at = 0;
  while (PROLOG.test(text) && PROLOG.lastIndex > at) at = PROLOG.lastIndex;
  const doctype = /^\s*<!DOCTYPE[^>[]*/i.exec(text.slice(at))?.[0];
  if (doctype !== undefined && text[at + doctype.length] === '[') {
    throw new FeedError(
      'FEED_ENTITIES_REFUSED',
      'The feed declares entities of its own in its DOCTYPE, which no feed needs.',
    );
  }
}
