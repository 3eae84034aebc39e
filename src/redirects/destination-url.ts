import { networks, type NetworkKey } from '../networks/networks.js';
import {
  joinDestination,
  parseSubIdTemplate,
  prepareDestination,
  type PreparedDestination,
  type SubIds,
} from '../networks/sub-id.js';

/** What the owner has set for one destination of a partner. */
export interface DestinationSettings {
  /** As `checkDestinationUrl` returned it. */
  readonly url: string;
  readonly network: NetworkKey;
  readonly subIdTemplate: string;
  /** Names of query parameters that a request may hand on. Empty: none. */
  readonly passthrough: readonly string[];
}

export interface Destination {
  readonly prepared: PreparedDestination;
  /** Undefined where nothing is handed on: then the request's query is not even read. */
  readonly passthrough: ReadonlySet<string> | undefined;
  /** Where the template has no sub id either, the Location is this text. */
  readonly fixedLocation: string | undefined;
  readonly usesClickId: boolean;
}

/** A reader's own parameters are short; what is longer is not handed on. */
const maxPassthroughValueLength = 256;
const maxPassthroughPairs = 16;

/** Done once when the link directory learns of a partner, so that a redirect only joins strings. */
export function compileDestination(settings: DestinationSettings): Destination {
  const template = parseSubIdTemplate(settings.subIdTemplate);
  const prepared = prepareDestination(settings.url, template, settings.network);
  const passthrough = openParameters(settings, [
    ...ownerParameters(settings.url),
    ...template.parts.map((part) => part.name),
    ...networks[settings.network].protectedParameters,
  ]);
  const hasSubId = prepared.pathPart !== undefined || prepared.queryParts.length > 0;
  return {
    prepared,
    passthrough,
    fixedLocation: hasSubId || passthrough !== undefined ? undefined : settings.url,
    usesClickId: template.parts.some((part) => part.value === 'click'),
  };
}

/** @param query what stands behind `?` in the request, as it came. */
export function locationOf(destination: Destination, subIds: SubIds, query: string): string {
  if (destination.fixedLocation !== undefined) return destination.fixedLocation;
  const more = destination.passthrough === undefined || query === '' ? '' : passOn(query, destination.passthrough);
  return joinDestination(destination.prepared, subIds, more);
}

/**
 * The parameters that may be handed on: the owner's list without every name that the owner's link, the sub id or the network
 * has taken, in any spelling that some server reads as the same.
 */
function openParameters(settings: DestinationSettings, taken: readonly string[]): ReadonlySet<string> | undefined {
  const takenNames = new Set(taken.map(canonicalName));
  const open = settings.passthrough.filter((name) => name !== '' && !takenNames.has(canonicalName(name)));
  return open.length === 0 ? undefined : new Set(open);
}

/** Names in the owner's query, and in a query inside its fragment (single-page sites read that one). */
function ownerParameters(url: string): string[] {
  return url
    .split(/[?#]/)
    .slice(1)
    .flatMap((part) => part.split(/[&;]/))
    .map((pair) => pair.split('=', 1)[0] ?? '');
}

/**
 * One name for everything that servers take for the same parameter: any case, any number of percent-encodings, full-width letters,
 * `tag[]` and `tag[x]` (PHP, Rails), `redir.url` and `redir url` (PHP turns both into `redir_url`), surrounding space.
 */
function canonicalName(raw: string): string {
  let name = raw.replaceAll('+', ' ');
  for (let decoded = decodeText(name); decoded !== name; decoded = decodeText(name)) name = decoded;
  const bracket = name.search(/[[\]]/);
  return (bracket > 0 ? name.slice(0, bracket) : name)
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .toLowerCase()
    .replace(/[ .-]/g, '_');
}

/** Each listed parameter once, the first as it came, written anew: no byte of the request is copied. */
function passOn(query: string, passthrough: ReadonlySet<string>): string {
  let result = '';
  const seen = new Set<string>();
  for (const pair of query.split('&')) {
    if (seen.size === maxPassthroughPairs) break;
    const equals = pair.indexOf('=');
    const name = decodeText((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    // Only the very name that the owner wrote: `Ref`, `ref[]` and `r%2565f` are other names, and stay behind.
    if (!passthrough.has(name) || seen.has(name)) continue;
    const value = equals < 0 ? '' : decodeText(pair.slice(equals + 1).replaceAll('+', ' '));
    if (value.length > maxPassthroughValueLength || /[\p{Cc}\p{Cs}]/u.test(value)) continue;
    seen.add(name);
    result += `${result === '' ? '' : '&'}${encodeText(name)}=${encodeText(value)}`;
  }
  return result;
}

/** As it stands where it is no valid encoding: its `%` is then encoded like any other character. */
function decodeText(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Stricter than encodeURIComponent: only RFC 3986's unreserved characters stand for themselves. */
const encodeText = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
