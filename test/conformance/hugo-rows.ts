import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import type { GoldmarkSettings } from '../../src/markdown.entry.js';

/** What Hugo 0.111.3 made of one body. */
export interface HugoRow {
  readonly id: string;
  readonly group: string;
  readonly markdown: string;
  readonly config?: string;
  readonly expected_html?: string;
  readonly expected_error?: string;
  readonly error_line?: number;
  readonly error_col?: number;
  /** The page Hugo wrote although it failed afterwards. */
  readonly html_written_anyway?: string;
}

/** The bodies were built below `---\ntitle: t\n---\n`. */
export const firstBodyLine = 4;

export function readHugoRows(): HugoRow[] {
  const file = new URL('../fixtures/hugo/cases.jsonl', import.meta.url);
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HugoRow);
}

interface HugoConfig {
  readonly enableEmoji?: boolean;
  readonly markup?: {
    readonly goldmark?: {
      readonly renderer?: GoldmarkSettings;
      readonly extensions?: GoldmarkSettings;
      readonly parser?: GoldmarkSettings;
    };
    readonly highlight?: { readonly codeFences?: boolean };
  };
}

/** A row's configuration, laid over that of the site, as options. What stands in `[security]` and about line numbers has no option. */
export function goldmarkSettingsOf(row: HugoRow): GoldmarkSettings {
  const { enableEmoji, markup } = parse(row.config ?? '') as HugoConfig;
  const { renderer = {}, extensions = {}, parser = {} } = markup?.goldmark ?? {};
  const codeFences = markup?.highlight?.codeFences;
  return {
    unsafe: true,
    ...renderer,
    ...extensions,
    ...parser,
    ...(enableEmoji === undefined ? {} : { enableEmoji }),
    ...(codeFences === undefined ? {} : { codeFences }),
  };
}
