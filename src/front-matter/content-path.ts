/** A file's place below `content/`, as Hugo sees it. */
export interface ContentPath {
  /** Folders between `content/` and the file; of a bundle without its own folder. */
  readonly folders: readonly string[];
  /** The file's name without extension; of a bundle its folder. */
  readonly baseName: string;
  /** The first folder; of a page at the top nothing. */
  readonly section: string;
  /** `_index.md`: a section's own page. */
  readonly isSectionPage: boolean;
}

/** Takes `content/posts/a.md`, `posts/a.md` or any path that has a `content` folder. */
export function readContentPath(filename: string | undefined): ContentPath {
  const parts = (filename ?? '')
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const file = parts.pop() ?? '';
  const contentAt = parts.indexOf('content');
  const folders = contentAt < 0 ? parts : parts.slice(contentAt + 1);
  const baseName = file.replace(/\.[^.]*$/, '');
  const isBundle = baseName === 'index' && folders.length > 0;
  const isSectionPage = baseName === '_index';
  const own = isBundle || isSectionPage ? folders.slice(0, -1) : folders;
  return {
    folders: own,
    baseName: isBundle || isSectionPage ? (folders.at(-1) ?? '') : baseName,
    section: (isSectionPage ? folders : own)[0] ?? '',
    isSectionPage,
  };
}
