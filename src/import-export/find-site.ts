import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { isRecord } from '../kernel/record.js';
import { readRegularFile } from './read-regular-file.js';

/** What the site around a folder of content says about it. */
export interface ContentSite {
  /** Absolute: where the content lies. Paths of articles are taken from below it. */
  readonly contentFolder: string;
  readonly kind: 'hugo' | 'jekyll' | 'astro' | undefined;
  /** Lower-case; empty where the site names none. */
  readonly locales: readonly string[];
  readonly defaultLocale: string | undefined;
  /** By the folder below the content folder that a language keeps its content in, where that is not named after it. */
  readonly languageFolders: ReadonlyMap<string, string>;
  /** IANA zone of dates that name none. */
  readonly timeZone: string | undefined;
  /** Names below the content folder that hold no articles. */
  readonly ignored: ReadonlySet<string>;
}

type Configuration = Readonly<Record<string, unknown>>;

const MOST_CONFIGURATION_BYTES = 256 * 1024;
/** Of the folder given, and of how many above it. */
const LEVELS = 3;
const JEKYLL_FOLDERS = ['_site', '_includes', '_layouts', '_sass', '_data', 'vendor'];

/**
 * Looks for the site that a folder belongs to. Given the root of a Hugo or Astro site, the content is the folder that the
 * site keeps it in; given the content folder itself, a Hugo configuration above it still tells the languages.
 */
export async function findSite(folder: string): Promise<ContentSite> {
  const given = resolve(folder);
  const none = {
    locales: [],
    defaultLocale: undefined,
    languageFolders: new Map<string, string>(),
    timeZone: undefined,
    ignored: new Set<string>(),
  };
  let root = given;
  for (let level = 0; level < LEVELS; level += 1) {
    const configuration = await readHugoConfiguration(root);
    if (configuration) return { ...none, ...(await readHugoSite(given, root, configuration)) };
    const kind = await otherKind(root);
    if (kind !== undefined) return { ...none, ...(await readOtherSite(given, root, kind)) };
    if (dirname(root) === root) break;
    root = dirname(root);
  }
  return { ...none, contentFolder: given, kind: undefined };
}

async function otherKind(root: string): Promise<'jekyll' | 'astro' | undefined> {
  if (await exists(join(root, '_config.yml'))) return 'jekyll';
  return (await findFirst(root, ASTRO)) === undefined ? undefined : 'astro';
}

async function readOtherSite(
  given: string,
  root: string,
  kind: 'jekyll' | 'astro',
): Promise<Partial<ContentSite> & Pick<ContentSite, 'contentFolder' | 'kind'>> {
  const content = join(root, 'src/content');
  if (given !== root) return { contentFolder: given, kind };
  if (kind === 'jekyll') return { contentFolder: given, kind, ignored: new Set(JEKYLL_FOLDERS) };
  return { contentFolder: (await exists(content)) ? content : given, kind };
}

const ASTRO = ['astro.config.mjs', 'astro.config.ts', 'astro.config.js', 'astro.config.mts'];
const HUGO = ['hugo.toml', 'hugo.yaml', 'hugo.yml', 'hugo.json'];
const OLD_HUGO = ['config.toml', 'config.yaml', 'config.yml', 'config.json'];

async function readHugoConfiguration(root: string): Promise<Configuration | undefined> {
  for (const folder of [root, join(root, 'config/_default')]) {
    const name = await findFirst(folder, [...HUGO, ...OLD_HUGO]);
    if (name === undefined) continue;
    const configuration = await readConfiguration(join(folder, name));
    // Many programs have a config.yaml.
    if (OLD_HUGO.includes(name) && !['baseurl', 'languagecode', 'languages'].some((key) => key in configuration))
      continue;
    const languages = await findFirst(folder, ['languages.toml', 'languages.yaml', 'languages.yml', 'languages.json']);
    return languages === undefined
      ? configuration
      : { ...configuration, languages: await readConfiguration(join(folder, languages)) };
  }
  return undefined;
}

async function readHugoSite(
  given: string,
  root: string,
  configuration: Configuration,
): Promise<Partial<ContentSite> & Pick<ContentSite, 'contentFolder' | 'kind'>> {
  const contentDir = textOf(configuration['contentdir']) ?? 'content';
  const languages = Object.entries(mapOf(configuration['languages']));
  const locales = languages.map(([locale]) => locale.toLowerCase());
  const folders = new Map(
    languages.map(([locale, language]) => {
      const folder = textOf(mapOf(language)['contentdir']) ?? contentDir;
      return [resolve(root, folder), locale.toLowerCase()];
    }),
  );
  const content = commonFolder([...folders.keys()]) ?? resolve(root, contentDir);
  // A setting that leads out of the site is not followed.
  const isUsable = isBelow(root, content) && (await exists(content));
  const contentFolder = given === root && isUsable ? content : given;
  const ofFolder = folders.size > 1 ? folders.get(contentFolder) : undefined;
  const defaultLocale = textOf(configuration['defaultcontentlanguage'])?.toLowerCase();
  return {
    contentFolder,
    ...(await readLanguageFolders(contentFolder, folders)),
    kind: 'hugo',
    locales,
    defaultLocale: ofFolder ?? defaultLocale ?? (locales.length === 1 ? locales[0] : undefined),
    timeZone: textOf(configuration['timezone']),
  };
}

/** Where every language has a folder of its own, what lies beside these is no content. */
async function readLanguageFolders(
  contentFolder: string,
  folders: ReadonlyMap<string, string>,
): Promise<Partial<ContentSite>> {
  const below = [...folders].filter(([folder]) => folder !== contentFolder && isBelow(contentFolder, folder));
  const named = below.map(
    ([folder, locale]) => [relative(contentFolder, folder).split(sep).join('/'), locale] as const,
  );
  if (folders.size < 2 || below.length < folders.size) return { languageFolders: new Map(named) };
  const kept = new Set(named.map(([folder]) => folder.split('/')[0]));
  const beside = (await readdir(contentFolder)).filter((name) => !kept.has(name));
  return { languageFolders: new Map(named), ignored: new Set(beside) };
}

/** The folder that all of these lie in. */
function commonFolder([first, ...others]: readonly string[]): string | undefined {
  let common = first;
  while (common !== undefined && !others.every((folder) => isBelow(common ?? '', folder))) common = dirname(common);
  return common;
}

function isBelow(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..');
}

/** Keys in lower case. */
function mapOf(value: unknown): Configuration {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toLowerCase(), part]));
}

/** Keys in lower case. A configuration that cannot be read says nothing. */
async function readConfiguration(path: string): Promise<Configuration> {
  try {
    const text = (await readRegularFile(path, MOST_CONFIGURATION_BYTES)).toString('utf8');
    const value: unknown = path.endsWith('.toml') ? parseToml(text) : parseYaml(text, { maxAliasCount: 100 });
    return mapOf(value);
  } catch {
    return {};
  }
}

async function findFirst(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    if (await exists(join(folder, name))) return basename(name);
  }
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
