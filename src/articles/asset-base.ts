/** A text that is no address for assets. */
export class AssetBaseError extends Error {
  override readonly name = 'AssetBaseError';

  /** `problem`: what was found, and what to write instead. */
  constructor(readonly problem: string) {
    super(`articles.assetBaseUrl ${problem}`);
  }
}

const ADVICE =
  'Write an address such as "https://cdn.example.org/site", or a path such as "/assets": without query, fragment or user.';

/**
 * Reads where the images of page bundles are served from: an http or https address, or a path, for a frontend that
 * serves them from its own origin. A slash at the end says nothing.
 * @returns it percent-encoded and without that slash; empty for `/`.
 * @throws AssetBaseError
 */
export function readAssetBase(text: string): string {
  const isPath = text.startsWith('/');
  const url = URL.canParse(text, ANY_ORIGIN) ? new URL(text, ANY_ORIGIN) : undefined;
  if (url && (url.username !== '' || url.password !== '')) {
    throw new AssetBaseError(`names a user or a password, which every reader would see. ${ADVICE}`);
  }
  const isWritable = (isPath || /^https?:\/\/[^/]/i.test(text)) && !UNFIT.test(text);
  const path = url?.pathname.replace(/\/+$/, '') ?? '';
  // With two slashes in front it would name a server.
  if (!url || !isWritable || (isPath && (url.origin !== ANY_ORIGIN || path.startsWith('//')))) {
    throw new AssetBaseError(`is ${JSON.stringify(text)}. ${ADVICE}`);
  }
  return isPath ? path : url.origin + path;
}

const ANY_ORIGIN = 'http://origin.invalid';

/** What a URL drops or reads as something else, and what begins a query or a fragment. */
const UNFIT = /[\0-\x20\\?#]/;

/** Finds the address of a URL that stands in an article; undefined where that stays as it is. */
export type AssetResolver = (url: string) => string | undefined;

/**
 * Resolves against the folder of the article's page bundle below `base`, which no `../` leaves. Only what is relative to
 * the page itself: no `/x`, `//x`, `https:x`, `data:x`, `?x`, `#x`.
 * `base`: of `readAssetBase`. `path`: of the article, such as `/posts/my-post`.
 */
export function assetResolver(base: string, path: string): AssetResolver {
  const folder = ANY_ORIGIN + encodePath(path.endsWith('/') ? path : `${path}/`);
  return (url) => {
    if (!isRelative(url)) return undefined;
    const { pathname, search, hash } = new URL(url, folder);
    // `..//x` ends in two slashes before a name, which below the base `/` would be that of a server.
    const found = base + pathname.replace(/^\/+/, '/') + search + hash;
    // In a table of Markdown it would end the cell.
    return found.replaceAll('|', '%7C');
  };
}

/** As browsers read it: they drop line ends and tabs, and white space in front. */
function isRelative(url: string): boolean {
  return !/^[\0- ]*(?:[a-z][a-z0-9+.-]*:|[/\\?#]|$)/i.test(url.replaceAll(/[\t\n\r]/g, ''));
}

/** A path of an article is text: a `%` in it begins nothing. */
function encodePath(path: string): string {
  return encodeURI(path.replaceAll(/\p{Surrogate}/gu, '\uFFFD')).replaceAll(/[?#]/g, encodeURIComponent);
}
