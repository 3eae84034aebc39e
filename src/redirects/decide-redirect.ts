import { locationOf } from './destination-url.js';
import type { LinkDirectory, LinkPartner, LinkTarget } from './link-directory.js';

/** What the decision may look at. The functions are called only where a target asks. */
export interface RedirectRequest {
  readonly partnerKey: string;
  readonly placementId: string;
  /** Behind `?`, as it came. */
  readonly query: string;
  readonly nowMs: number;
  /** The click's id for the sub id; undefined where the reader does not want to be followed. */
  readonly clickId: () => string | undefined;
  readonly country: () => string;
  readonly device: () => string;
  /** Primary subtag of the language that the reader prefers; empty where unknown. */
  readonly language: () => string;
  /** In [0, 1): which of several targets of one rank. The same for the same visitor, where there is one. */
  readonly share: () => number;
}

export type RedirectDecision =
  | {
      readonly kind: 'redirect';
      readonly location: string;
      readonly partner: LinkPartner;
      /** Empty where the placement is not one of this partner's. */
      readonly placementId: string;
      readonly targetKey: string;
      readonly isFallback: boolean;
    }
  /** No such partner. */
  | { readonly kind: 'unknown' }
  /** Paused, expired or not yet begun, and no fallback. */
  | { readonly kind: 'gone'; readonly partner: LinkPartner; readonly placementId: string };

const unknown: RedirectDecision = { kind: 'unknown' };

/** Where a request of a tracked link leads. */
export function decideRedirect(directory: LinkDirectory, request: RedirectRequest): RedirectDecision {
  const partner = directory.find(request.partnerKey);
  if (partner === undefined) return unknown;
  const placementId =
    request.placementId !== '' && partner.placements.has(request.placementId) ? request.placementId : '';
  if (!isOpen(partner, request.nowMs) || partner.destination === undefined) {
    return fallBack(partner, placementId, request);
  }
  const target = partner.targets.length === 0 ? undefined : chooseTarget(partner.targets, request);
  const destination = target?.destination ?? partner.destination;
  const clickId = destination.usesClickId ? request.clickId() : undefined;
  return {
    kind: 'redirect',
    location: locationOf(
      destination,
      { placement: placementId === '' ? undefined : placementId, click: clickId },
      request.query,
    ),
    partner,
    placementId,
    targetKey: target?.key ?? '',
    isFallback: false,
  };
}

const isOpen = (partner: LinkPartner, nowMs: number): boolean =>
  !partner.isPaused && partner.startsAtMs <= nowMs && nowMs < partner.endsAtMs;

function fallBack(partner: LinkPartner, placementId: string, request: RedirectRequest): RedirectDecision {
  const { fallback } = partner;
  if (fallback === undefined) return { kind: 'gone', partner, placementId };
  const placement = placementId === '' ? undefined : placementId;
  const clickId = fallback.usesClickId ? request.clickId() : undefined;
  return {
    kind: 'redirect',
    location: locationOf(fallback, { placement, click: clickId }, request.query),
    partner,
    placementId,
    targetKey: '',
    isFallback: true,
  };
}

function chooseTarget(targets: readonly LinkTarget[], request: RedirectRequest): LinkTarget | undefined {
  const fitting = targets.filter((target) => fits(target, request));
  const rank = Math.min(...fitting.map((target) => target.rank));
  const rivals = fitting.filter((target) => target.rank === rank);
  if (rivals.length <= 1) return rivals[0];
  let rest = request.share() * rivals.reduce((sum, target) => sum + target.weight, 0);
  for (const target of rivals) {
    rest -= target.weight;
    if (rest < 0) return target;
  }
  return rivals.at(-1);
}

/** Cheap conditions first: a country costs a look-up, a device the parsing of a user agent. */
function fits(target: LinkTarget, request: RedirectRequest): boolean {
  return (
    target.startsAtMs <= request.nowMs &&
    request.nowMs < target.endsAtMs &&
    (target.languages === undefined || target.languages.has(request.language())) &&
    (target.countries === undefined || target.countries.has(request.country())) &&
    (target.devices === undefined || target.devices.has(request.device()))
  );
}
