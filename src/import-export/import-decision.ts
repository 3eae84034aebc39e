/** What is stored at a place that a file stands for. */
export interface KnownArticle {
  readonly id: string;
  readonly path: string;
  readonly locale: string;
  /** SHA-256 in hex of the bytes that export would write; undefined where the article was never a file. */
  readonly fileHash: string | undefined;
  /** The file it was imported from, if it was. */
  readonly imported: ImportedFile | undefined;
}

export interface ImportedFile {
  /** Below the content folder. */
  readonly name: string;
  /** Where the file stood for, which an editor may have changed since. */
  readonly path: string;
  readonly locale: string;
  /** SHA-256 in hex of the bytes as they were imported. */
  readonly hash: string;
}

export interface FilePlace {
  readonly path: string;
  readonly locale: string;
}

export type ImportDecision =
  | { readonly action: 'create' }
  | { readonly action: 'update'; readonly known: KnownArticle }
  /** `isNoted`: the file is written down as the article's already. */
  | { readonly action: 'keep'; readonly known: KnownArticle; readonly isNoted: boolean }
  | { readonly action: 'refuse'; readonly code: string; readonly message: string; readonly known: KnownArticle };

/**
 * What a file means for what is stored. The bytes of the last import are the common past: a file that did not change
 * since changes nothing, though an editor went on in Waypost; where both changed, neither is lost unless `force` says so.
 * `known`: what stands at the file's place, and what came from there.
 */
export function decideImport(
  file: FilePlace & { readonly name: string; readonly hash: string },
  known: readonly KnownArticle[],
  force: boolean,
): ImportDecision {
  const moved = known.find((one) => isAt(one.imported, file) && !isAt(one, file));
  const here = known.find((one) => isAt(one, file));
  if (moved && !here) return decideMoved(file, moved);
  if (!here) return { action: 'create' };
  const { imported, fileHash } = here;
  if (imported && !isAt(imported, file)) {
    const message = `The article of ${imported.name} was moved to "${file.path}" in Waypost. Rename one of the two.`;
    return { action: 'refuse', code: 'PATH_TAKEN', message, known: here };
  }
  const isSame = imported?.hash === file.hash || fileHash === file.hash;
  if (isSame && !(force && fileHash !== file.hash)) {
    return { action: 'keep', known: here, isNoted: imported?.hash === file.hash && imported.name === file.name };
  }
  const isEdited = imported !== undefined && imported.hash !== fileHash;
  if (!isEdited || force) return { action: 'update', known: here };
  return { action: 'refuse', code: 'ARTICLE_EDITED', message: EDITED, known: here };
}

const EDITED =
  'The file changed, and so did the article in Waypost since it was imported. Export the article and join the two, or import with --force to take the file.';

function decideMoved({ hash, path }: { hash: string; path: string }, moved: KnownArticle): ImportDecision {
  if (moved.imported?.hash === hash) return { action: 'keep', known: moved, isNoted: true };
  const message = `The article of this file was moved from "${path}" to "${moved.path}" in Waypost, and the file changed. Rename the file to match.`;
  return { action: 'refuse', code: 'ARTICLE_MOVED', message, known: moved };
}

function isAt(place: FilePlace | undefined, { path, locale }: FilePlace): boolean {
  return place?.path === path && place.locale === locale;
}
