import type { ShortcodeDefinitions } from '../shortcodes/definition.js';
import { defaultGoldmarkOptions, type GoldmarkOptions } from './goldmark/goldmark.js';

/** Hugo's Markdown settings under Hugo's names, without the grouping of its configuration file. What is left out has Hugo's default. */
export interface GoldmarkSettings extends Partial<Omit<GoldmarkOptions, 'attribute' | 'headingText'>> {
  readonly attribute?: Partial<GoldmarkOptions['attribute']>;
  /** Hugo's top-level setting: `:smile:` in the text becomes the emoji. */
  readonly enableEmoji?: boolean;
}

export interface MarkdownOptions {
  readonly shortcodes?: ShortcodeDefinitions;
  /** What a call nobody registered shows: nothing and an error (default), or itself as written. */
  readonly unknownShortcodes?: 'report' | 'keep';
  readonly goldmark?: GoldmarkSettings;
  /** Line of the file where the body starts, from 1. */
  readonly firstLine?: number;
}

export function goldmarkOptionsOf(settings: GoldmarkSettings = {}): GoldmarkOptions {
  const { attribute, enableEmoji: _, ...rest } = settings;
  return { ...defaultGoldmarkOptions, ...rest, attribute: { ...defaultGoldmarkOptions.attribute, ...attribute } };
}
