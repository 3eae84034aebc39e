import { networks, type NetworkKey } from './networks.js';

/**
 * Where the sub id goes in a partner's links.
 *
 * Template    :: empty | PathSegment | Parameters
 * PathSegment :: `/` Text                       put before an address inside the path, else at the path's end
 * Parameters  :: Parameter (`&` Parameter)*
 * Parameter   :: Name `=` Text
 * Text        :: printable ASCII with `{placement}` and `{click}`, at least one of them
 */
export interface SubIdTemplate {
  readonly place: 'nowhere' | 'path' | 'query';
  readonly parts: readonly SubIdPart[];
}

export interface SubIdPart {
  /** Name of the parameter; for a path segment, its text before the value, such as `/pubref:`. */
  readonly name: string;
  readonly before: string;
  readonly value: SubIdName;
  readonly after: string;
}

export type SubIdName = 'placement' | 'click';

/** What a request has to offer. Absent: that part of the template is left out. */
export type SubIds = { readonly [name in SubIdName]?: string | undefined };

export class SubIdTemplateError extends Error {
  override readonly name = 'SubIdTemplateError';
  constructor(
    /** UTF-16 units from 1. */
    readonly column: number,
    problem: string,
  ) {
    super(`Column ${column}: ${problem}`);
  }
}

const placeholderPattern = /\{(placement|click)\}/g;
const parameterNamePattern = /^[A-Za-z0-9_.~-]+$/;
const literalPattern = /^[A-Za-z0-9_.~:/-]*$/;
/** Where an address begins inside a path: Partnerize's `/destination:`, or a plain or encoded `/https:`. */
const embeddedAddressPattern = /\/(?:destination:|https?(?::|%3a))/i;

/** @throws SubIdTemplateError with the column. */
export function parseSubIdTemplate(text: string): SubIdTemplate {
  if (text === '') return { place: 'nowhere', parts: [] };
  if (text.startsWith('/')) return { place: 'path', parts: [parsePart('', text, 1)] };
  return { place: 'query', parts: parseParameters(text) };
}

function parseParameters(text: string): SubIdPart[] {
  const parts: SubIdPart[] = [];
  const names = new Set<string>();
  let column = 1;
  for (const parameter of text.split('&')) {
    const equals = parameter.indexOf('=');
    const name = equals < 0 ? parameter : parameter.slice(0, equals);
    if (!parameterNamePattern.test(name)) {
      throw new SubIdTemplateError(column, `Expected a parameter such as "sid={placement}", found "${parameter}".`);
    }
    if (equals < 0) {
      throw new SubIdTemplateError(column, `Expected "=" after "${name}", such as "${name}={placement}".`);
    }
    if (names.has(name)) throw new SubIdTemplateError(column, `Parameter "${name}" stands twice.`);
    names.add(name);
    parts.push(parsePart(name, parameter.slice(equals + 1), column + equals + 1));
    column += parameter.length + 1;
  }
  return parts;
}

function parsePart(name: string, text: string, column: number): SubIdPart {
  const places = [...text.matchAll(placeholderPattern)];
  const place = places[0];
  if (place === undefined) throw new SubIdTemplateError(column, `Expected "{placement}" or "{click}" in "${text}".`);
  if (places.length > 1) throw new SubIdTemplateError(column, `Expected one "{placement}" or "{click}" in "${text}".`);
  const before = text.slice(0, place.index);
  const after = text.slice(place.index + place[0].length);
  for (const [literal, start] of [
    [before, column],
    [after, column + text.length - after.length],
  ] as const) {
    if (!literalPattern.test(literal)) {
      throw new SubIdTemplateError(start, `"${literal}" has characters that a link does not carry safely.`);
    }
  }
  return { name, before, value: place[1] as SubIdName, after };
}

/**
 * Pieces of a link around its sub ids, so that a redirect only joins strings.
 * `path` stands before `?`; `query` is what is behind it, without the `?`; `fragment` has its `#`.
 */
export interface PreparedDestination {
  readonly pathBefore: string;
  readonly pathPart: SubIdPart | undefined;
  readonly pathAfter: string;
  readonly query: string | undefined;
  /** Parameters to append. One that the owner has filled in already is not among them. */
  readonly queryParts: readonly SubIdPart[];
  readonly fragment: string;
  readonly accepts: (value: string) => boolean;
}

/** The owner's text stays byte for byte; only an empty parameter of the sub id's name is taken out, to be filled. */
export function prepareDestination(
  destination: string,
  template: SubIdTemplate,
  network: NetworkKey,
): PreparedDestination {
  const { maxSubIdLength, subIdPattern } = networks[network];
  const { path, query, fragment } = splitDestination(destination);
  const slot = template.place === 'path' ? findPathSlot(path, template.parts[0]) : undefined;
  const queryParts = template.place === 'query' ? template.parts.filter((part) => !isFilled(query, part.name)) : [];
  return {
    pathBefore: slot?.before ?? path,
    pathPart: slot === undefined ? undefined : template.parts[0],
    pathAfter: slot?.after ?? '',
    query: withoutEmptyParameters(query, queryParts),
    queryParts,
    fragment,
    accepts: (value) => value.length <= maxSubIdLength && subIdPattern.test(value),
  };
}

/**
 * Puts the sub ids where the template says.
 * A value that the network would cut or refuse is left out: a cut id would credit nobody, or somebody else.
 */
export function joinDestination(prepared: PreparedDestination, subIds: SubIds, moreQuery = ''): string {
  let query = prepared.query;
  for (const part of prepared.queryParts) {
    const value = subIdText(prepared, part, subIds);
    if (value === undefined) continue;
    query = withParameter(query, `${part.name}=${encodeURIComponent(value)}`);
  }
  if (moreQuery !== '') query = withParameter(query, moreQuery);
  return pathOf(prepared, subIds) + (query === undefined ? '' : `?${query}`) + prepared.fragment;
}

/** One link, one sub id: the convenient form for previews and tests. The redirect prepares once and joins per click. */
export function applySubId(destination: string, network: NetworkKey, template: string, subIds: SubIds): string {
  return joinDestination(prepareDestination(destination, parseSubIdTemplate(template), network), subIds);
}

function splitDestination(destination: string): { path: string; query: string | undefined; fragment: string } {
  const hash = destination.indexOf('#');
  const beforeHash = hash < 0 ? destination : destination.slice(0, hash);
  const fragment = hash < 0 ? '' : destination.slice(hash);
  const question = beforeHash.indexOf('?');
  if (question < 0) return { path: beforeHash, query: undefined, fragment };
  return { path: beforeHash.slice(0, question), query: beforeHash.slice(question + 1), fragment };
}

/** Undefined where the owner has written the segment already. */
function findPathSlot(path: string, part: SubIdPart | undefined): { before: string; after: string } | undefined {
  if (part === undefined) return undefined;
  const pathStart = path.indexOf('/', path.indexOf('//') + 2);
  const from = pathStart < 0 ? path.length : pathStart;
  const address = embeddedAddressPattern.exec(path.slice(from));
  const end = address === null ? path.length : from + address.index;
  const before = path.slice(0, end);
  if (before.slice(from).includes(part.before)) return undefined;
  return { before: before.endsWith('/') ? before.slice(0, -1) : before, after: path.slice(end) };
}

function pathOf(prepared: PreparedDestination, subIds: SubIds): string {
  const { pathBefore, pathPart, pathAfter } = prepared;
  if (pathPart === undefined) return pathBefore + pathAfter;
  const value = subIdText(prepared, pathPart, subIds);
  if (value === undefined) return pathBefore + pathAfter;
  return pathBefore + pathPart.before + encodeURIComponent(value) + pathPart.after + pathAfter;
}

function subIdText(prepared: PreparedDestination, part: SubIdPart, subIds: SubIds): string | undefined {
  const value = subIds[part.value];
  if (value === undefined) return undefined;
  const text = part.name === '' ? value : part.before + value + part.after;
  return prepared.accepts(text) ? text : undefined;
}

const withParameter = (query: string | undefined, parameter: string): string =>
  query === undefined || query === '' ? parameter : query.endsWith('&') ? query + parameter : `${query}&${parameter}`;

/** Names are compared exactly: Rakuten's `U1` is not its `u1`. */
function isFilled(query: string | undefined, name: string): boolean {
  return (query ?? '')
    .split('&')
    .some((pair) => nameOf(pair) === name && pair.length > pair.indexOf('=') + 1 && pair.includes('='));
}

function withoutEmptyParameters(query: string | undefined, parts: readonly SubIdPart[]): string | undefined {
  if (query === undefined || parts.length === 0) return query;
  const names = new Set(parts.map((part) => part.name));
  const kept = query.split('&').filter((pair) => pair === '' || !names.has(nameOf(pair)));
  return kept.join('&');
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  const raw = (equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' ');
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
