import type { PartnerSchedule } from '../partners/partner-status.js';
import { partnerStatus } from '../partners/partner-status.js';

/** What rendering needs to know of a partner. */
export interface PartnerView extends PartnerSchedule {
  readonly name: string;
  readonly defaultText: string | null;
  readonly disclosure: string | null;
  readonly fallbackUrl: string | null;
}

/** What readers get at one `aff` call. */
export interface PlacementLink {
  readonly text: string;
  /** undefined: the text stands without a link. */
  readonly href: string | undefined;
}

/** Everything of an article that can change without its source: the state that a splice puts into the compiled body. */
export interface ArticleView {
  /** The link of the `aff` call at this offset of the body; undefined where it has no usable partner key. */
  readonly linkAt: (offset: number) => PlacementLink | undefined;
  /** Disclosures of the partners that are linked, each once, in the order of their links. */
  readonly disclosures: readonly string[];
  /** The live date as `YYYY-MM-DD`. */
  readonly updatedOn: string;
}

/** One placement of the article with its partner, if the key is known. */
export interface PlacementState {
  readonly id: string;
  readonly partnerKey: string;
  readonly text: string;
  readonly partner: PartnerView | undefined;
}

/** The path of a tracked link. Keys and ids are made of characters that need no escaping. */
function trackedLinkPath(partnerKey: string, placementId: string): string {
  return `/go/${partnerKey}/${placementId}`;
}

/**
 * An unknown partner, and one that is not active and has no fallback, leave the text without a link: a reader never meets
 * a dead end. With a fallback the link stays, because the redirect sends readers there.
 */
export function placementLink(placement: PlacementState, origin: string, now: Date): PlacementLink {
  const { partner } = placement;
  const text = placement.text || partner?.defaultText || partner?.name || placement.partnerKey;
  const leadsSomewhere = partner && (partnerStatus(partner, now) === 'active' || partner.fallbackUrl !== null);
  return { text, href: leadsSomewhere ? origin + trackedLinkPath(placement.partnerKey, placement.id) : undefined };
}

export interface ViewInput {
  readonly placements: readonly PlacementState[];
  /** Offsets of the calls, in the order of the placements. */
  readonly affOffsets: readonly number[];
  readonly origin: string;
  readonly updatedOn: string;
  readonly now: Date;
  /** Added to every link, such as `?preview=1`. Default nothing. */
  readonly linkSuffix?: string;
}

export function articleView(input: ViewInput): ArticleView {
  const { placements, affOffsets, origin, updatedOn, now, linkSuffix = '' } = input;
  const links = new Map<number, PlacementLink>();
  const disclosures = new Set<string>();
  for (const [index, placement] of placements.entries()) {
    const link = placementLink(placement, origin, now);
    const offset = affOffsets[index];
    if (offset !== undefined)
      links.set(offset, link.href === undefined ? link : { ...link, href: link.href + linkSuffix });
    if (link.href !== undefined && placement.partner?.disclosure) disclosures.add(placement.partner.disclosure);
  }
  return { linkAt: (offset) => links.get(offset), disclosures: [...disclosures], updatedOn };
}

/** A placement as readers and the API see it. */
export interface PlacementFacts {
  readonly id: string;
  readonly partnerKey: string;
  readonly text: string;
  readonly href: string | null;
  readonly line: number;
  readonly column: number;
  readonly label: string | null;
  /** Of its partner, now; null where no partner has the key. */
  readonly status: ReturnType<typeof partnerStatus> | null;
}

export function placementFacts(
  placement: PlacementState & Pick<PlacementFacts, 'line' | 'column' | 'label'>,
  origin: string,
  now: Date,
): PlacementFacts {
  const { id, partnerKey, partner, line, column, label } = placement;
  const { text, href } = placementLink(placement, origin, now);
  const status = partner ? partnerStatus(partner, now) : null;
  return { id, partnerKey, text, href: href ?? null, line, column, label, status };
}
