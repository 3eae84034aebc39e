/** Room for a deep link inside a deep link; every browser and proxy takes a Location of this length. */
export const maxDestinationLength = 4096;

export interface DestinationRules {
  /** Origins under which this Waypost answers `/go/`: the public one, and the one it listens on. */
  readonly ownOrigins: readonly string[];
}

export type CheckedDestination =
  { readonly url: string; readonly problem?: undefined } | { readonly url?: undefined; readonly problem: string };

/**
 * Says whether a text may be a partner's destination, and how it is sent in a Location header.
 * The owner's text is kept byte for byte where it is a plain URL; else (spaces aside) it is written as a browser would:
 * punycode host, percent-encoded path.
 */
export function checkDestinationUrl(text: string, rules: DestinationRules): CheckedDestination {
  const problem = findTextProblem(text) ?? findAuthorityProblem(text);
  if (problem !== undefined) return { problem };
  if (!URL.canParse(text)) return { problem: `"${text}" is not a URL. Write one such as https://example.com/offer.` };
  const parsed = new URL(text);
  if (isOwnTrackedLink(parsed, rules.ownOrigins)) {
    return { problem: 'The destination is a tracked link of this site, so it would redirect in a circle.' };
  }
  const url = plainUrlPattern.test(text) ? text : encodeLeftovers(parsed.href);
  if (url.length > maxDestinationLength) return { problem: tooLong(url.length) };
  return { url };
}

/** The characters of RFC 3986. Anything else is percent-encoded before it is stored. */
const plainUrlPattern = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;

const tooLong = (length: number): string =>
  `The URL has ${length} characters; at most ${maxDestinationLength} are allowed.`;

function findTextProblem(text: string): string | undefined {
  if (text === '') return 'The URL is empty. Write one such as https://example.com/offer.';
  if (text.length > maxDestinationLength) return tooLong(text.length);
  const control = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff]/u.exec(text);
  if (control !== null) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `The URL has a control character (U+${code}) at column ${control.index + 1}.`;
  }
  // Bidirectional and zero-width marks make a URL look like another.
  const invisible = /\p{Cf}/u.exec(text);
  if (invisible !== null) return `The URL has an invisible character at column ${invisible.index + 1}.`;
  const space = /\s/u.exec(text);
  if (space !== null) return `The URL has a space at column ${space.index + 1}. Write %20 where one is meant.`;
  const backslash = text.indexOf('\\');
  if (backslash >= 0) return `The URL has a backslash at column ${backslash + 1}. Write / or %5C.`;
  return undefined;
}

function findAuthorityProblem(text: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return `"${text}" is not a full URL. Write one such as https://example.com/offer.`;
  if (scheme !== 'http' && scheme !== 'https') {
    return `A destination starts with https:// or http://, not with "${scheme}:".`;
  }
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined || authority === '')
    return `"${text}" has no host. Write one such as https://example.com/offer.`;
  // Also an empty user name, which the URL parser would drop without a word.
  if (authority.includes('@')) return 'The URL has a user name or password before its host. Leave it out.';
  return undefined;
}

function isOwnTrackedLink(url: URL, ownOrigins: readonly string[]): boolean {
  if (!/^\/+go(\/|$)/i.test(decodeFully(url.pathname))) return false;
  const place = placeOf(url);
  return ownOrigins.some((origin) => URL.canParse(origin) && placeOf(new URL(origin)) === place);
}

/** Host and port; http and https on their own ports are one place, and so are all names of this machine. */
function placeOf(url: URL): string {
  const hostname = url.hostname.replace(/\.$/, '').toLowerCase();
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.') || hostname.endsWith('.localhost');
  return `${isLoopback ? 'localhost' : hostname}:${url.port}`;
}

function decodeFully(path: string): string {
  let text = path;
  // Each round removes at least two characters, so that it ends.
  for (;;) {
    const decoded = decodeOnce(text)
      .replaceAll('\\', '/')
      .replace(/\/(?:\.?\/)+/g, '/');
    if (decoded === text) return text;
    text = decoded;
  }
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The URL parser leaves some characters of a path or query as they are that RFC 3986 does not know. */
const encodeLeftovers = (href: string): string =>
  href.replace(/[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/g, (character) => encodeURIComponent(character));
