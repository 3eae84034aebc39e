/** `index.md`, and `index.de.md` where `de` is a language of the site. Hugo knows the name in lower case only. */
const INDEX = /^(_?index)(?:\.([^./]+))?\.(?:md|markdown|mdx)$/;

interface IndexFile {
  readonly folder: string;
  readonly kind: string;
  readonly locale: string;
}

/**
 * Knows the leaf bundles of a tree of files, as Hugo does: a folder with `index.md` is one page, and all other files in it
 * and in the folders below it are resources of that page and no pages. `_index.md` beside `index.md` makes a section of
 * the folder again. For a language that the folder itself has no page of, the first index below it is that page.
 * The content folder itself is never a bundle, else a page at the top would hide all others.
 */
export class PageBundles {
  /** By the folder of each leaf bundle: by language, its page. */
  private readonly leaves = new Map<string, Map<string, IndexFile>>();

  /** `names`: below the content folder, with `/`. `locales`: of the site, lower-case. */
  constructor(
    names: readonly string[],
    private readonly locales: readonly string[],
    private readonly defaultLocale: string,
  ) {
    const found = names.flatMap((name) => this.indexFile(name) ?? []).sort(byFolder);
    const branches = new Set(found.filter(({ kind }) => kind === '_index').map(({ folder }) => folder));
    for (const file of found) {
      const { folder, locale } = file;
      const leaf = this.leafAround(folder) ?? (folder === '' || branches.has(folder) ? undefined : folder);
      if (leaf === undefined) continue;
      const pages = this.leaves.get(leaf) ?? new Map<string, IndexFile>();
      this.leaves.set(leaf, pages);
      if (!pages.has(locale)) pages.set(locale, file);
    }
  }

  /** The folder of the page that a file is a resource of; undefined where it is a page. */
  bundleOf(name: string): string | undefined {
    const leaf = this.leafAround(folderOf(name));
    if (leaf === undefined) return undefined;
    const file = this.indexFile(name);
    const page = file && this.leaves.get(leaf)?.get(file.locale);
    return page && byFolder(page, file) === 0 ? undefined : leaf;
  }

  private leafAround(folder: string): string | undefined {
    return foldersOf(folder).find((one) => this.leaves.has(one));
  }

  private indexFile(name: string): IndexFile | undefined {
    const folder = folderOf(name);
    const [, kind, suffix] = INDEX.exec(name.slice(folder === '' ? 0 : folder.length + 1)) ?? [];
    if (kind === undefined) return undefined;
    const locale = suffix?.toLowerCase() ?? this.defaultLocale;
    return suffix === undefined || this.locales.includes(locale) ? { folder, kind, locale } : undefined;
  }
}

/** A folder comes before the folders in it, and `_index.md` before `index.md`. */
function byFolder(left: IndexFile, right: IndexFile): number {
  if (left.folder !== right.folder) return left.folder < right.folder ? -1 : 1;
  return left.kind < right.kind ? -1 : Number(left.kind !== right.kind);
}

/** `a/b/c` as `a`, `a/b`, `a/b/c`. */
function foldersOf(folder: string): string[] {
  const parts = folder.split('/');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf('/'), 0));
}
