import { createHash } from 'node:crypto';
import type { ShortcodeDefinition } from '../shortcodes/definition.js';
import type { ArticlesOptions } from './articles.options.js';
import { readAssetBase } from './asset-base.js';

/** What every page follows from beside its article, by the name under which `contentChangeCause` tells of it. */
export type ArticleSettings = Readonly<Record<string, string>>;

/** `version`: of Waypost, whose engine is one of the settings. A host's shortcode is known by the text of its function. */
export function articleSettings(options: ArticlesOptions, version: string): ArticleSettings {
  const shortcodes = Object.entries(options.shortcodes ?? {});
  return {
    version,
    unsafeHtml: String(options.unsafeHtml ?? true),
    unknownShortcodes: options.unknownShortcodes ?? 'report',
    liveUpdatedStamp: String(options.liveUpdatedStamp ?? true),
    ...(options.assetBaseUrl !== undefined && { assetBaseUrl: readAssetBase(options.assetBaseUrl) }),
    ...Object.fromEntries(shortcodes.map(([name, definition]) => [`shortcodes.${name}`, digest(definition)])),
  };
}

/** Names of the settings that are others now, in the order of the alphabet. */
export function changedSettings(before: ArticleSettings, now: ArticleSettings): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

function digest(definition: ShortcodeDefinition): string {
  return createHash('sha256')
    .update(`${String(definition.inner)}\n${definition.render.toString()}`)
    .digest('hex');
}
