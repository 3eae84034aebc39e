import type { IncomingHttpHeaders } from 'node:http';
import { clickMarks, maxUserAgentLength } from '../clicks/logged-click.js';

/** What the path of a tracked link names. */
export interface RequestedLink {
  readonly partnerKey: string;
  readonly placementId: string;
  /** Behind `?`, as it came. */
  readonly query: string;
}

const maxPartLength = 200;

/**
 * Reads `/go/<partner>` and `/go/<partner>/<placement>`; a slash at the end is allowed.
 * @returns undefined where the path is another's; an empty partner key where it is ours and names nothing that can exist.
 */
export function readLink(target: string, prefix: string): RequestedLink | undefined {
  const path = target.startsWith('/') ? target : withoutOrigin(target);
  if (!path.startsWith(prefix)) return undefined;
  const question = path.indexOf('?');
  const end = question < 0 ? path.length : question;
  const query = question < 0 ? '' : path.slice(question + 1);
  const slash = path.indexOf('/', prefix.length);
  if (slash < 0 || slash >= end) return { partnerKey: readPart(path, prefix.length, end), placementId: '', query };
  const placementEnd = path.charCodeAt(end - 1) === 47 && end - 1 > slash ? end - 1 : end;
  const placementId = readPart(path, slash + 1, placementEnd);
  const partnerKey = placementId.includes('/') ? '' : readPart(path, prefix.length, slash);
  return { partnerKey, placementId, query };
}

/** A proxy may send the whole URL as the target (RFC 9112, absolute-form). */
function withoutOrigin(target: string): string {
  const start = /^https?:\/\/[^/?#]*/i.exec(target);
  return start === null ? target : target.slice(start[0].length);
}

function readPart(path: string, start: number, end: number): string {
  if (end - start > maxPartLength) return '';
  const part = path.slice(start, end);
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** Facts of the request that the click's steps judge by. The address is not among them: it is seen and forgotten elsewhere. */
export function readMarks(method: string, headers: IncomingHttpHeaders, query: string): number {
  let marks = 0;
  if (method === 'HEAD') marks |= clickMarks.isHead;
  if (headers.accept === undefined || headers.accept === '') marks |= clickMarks.lacksAccept;
  if (isPrefetch(headers)) marks |= clickMarks.isPrefetch;
  if (headers['sec-gpc'] === '1' || headers.dnt === '1') marks |= clickMarks.isPrivate;
  if (query !== '' && isPreview(query)) marks |= clickMarks.isPreview;
  return marks;
}

/** `Sec-Purpose: prefetch;prerender` (today), `Purpose: prefetch` (Chrome before), `X-moz: prefetch`, `X-Purpose: preview` (Safari). */
function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return (
    isAhead(headers['sec-purpose']) ||
    isAhead(headers['purpose']) ||
    isAhead(headers['x-purpose']) ||
    isAhead(headers['x-moz'])
  );
}

const isAhead = (purpose: string | string[] | undefined): boolean =>
  purpose !== undefined && /\b(?:prefetch|prerender|preview)\b/i.test(String(purpose));

/** Links in previews of unpublished articles carry it, and are never counted. */
const isPreview = (query: string): boolean => /(?:^|&)preview=1(?:&|$)/.test(query);

export const readUserAgent = (headers: IncomingHttpHeaders): string => {
  const userAgent = headers['user-agent'] ?? '';
  return userAgent.length > maxUserAgentLength ? userAgent.slice(0, maxUserAgentLength) : userAgent;
};

const maxHostLength = 253;

/** Host of the page that the reader came from, without `www.` and port; empty where there is none or it is no host. */
export function readReferrerHost(referrer: string | undefined): string {
  if (referrer === undefined) return '';
  const start = referrer.indexOf('://');
  if (start < 0) return '';
  const host = /^(?:[^/?#]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?(?=[/?#]|$)/.exec(
    referrer.slice(start + 3, start + 3 + 2 * maxHostLength),
  )?.[1];
  // A reader's own machine or network (a file server, a router) names a place and perhaps a person: not kept.
  if (host === undefined || host.length > maxHostLength || host.startsWith('[') || /^[\d.]+$/.test(host)) return '';
  const name = host.toLowerCase().replace(/\.$/, '');
  return name.startsWith('www.') ? name.slice(4) : name;
}

/** Primary subtag of the first language: browsers put the preferred one first. */
export const readLanguage = (headers: IncomingHttpHeaders): string =>
  /^\s*([a-z]{2,3})\b/i.exec(headers['accept-language'] ?? '')?.[1]?.toLowerCase() ?? '';
