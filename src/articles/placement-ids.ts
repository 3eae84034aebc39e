import { createHash } from 'node:crypto';

/** A call of `aff` in the article as it is now, in the order of the source. */
export interface PlacementCall {
  readonly partnerKey: string;
  /** The explicit name, if the call gives one. */
  readonly label: string | undefined;
  readonly text: string;
}

/** A placement that the article has, or had: a retired one can come back. */
export interface KnownPlacement extends PlacementCall {
  readonly id: string;
  readonly position: number;
  readonly retired: boolean;
}

export interface AssignedPlacement {
  readonly id: string;
  /** Which occurrence of its partner in the article, from 1. */
  readonly ordinal: number;
  /** Whether the id is new to the database. */
  readonly minted: boolean;
}

/** 12 hexadecimal digits are 48 bits: with a million placements a new one collides once in 280 million. */
const ID_LENGTH = 12;

/**
 * Id of a placement: the first 12 hex digits of SHA-256 over article path, partner key, and `@` + explicit name or else
 * the occurrence number, joined by line feeds. A static site computes the same without asking.
 */
export function placementId(articlePath: string, partnerKey: string, number: string): string {
  const hash = createHash('sha256').update(`${articlePath}\n${partnerKey}\n${number}`);
  return hash.digest('hex').slice(0, ID_LENGTH);
}

/**
 * Gives each call an id. Old placements are matched first, so that ids survive edits: by explicit name, then by partner
 * and text, then by partner and order; only what matches nothing gets a new id. An id that belongs to another article
 * or to another call is never taken: the next free occurrence number is used instead.
 *
 * `isTaken` tells whether an id belongs to another article.
 */
export function assignPlacementIds(
  articlePath: string,
  calls: readonly PlacementCall[],
  known: readonly KnownPlacement[],
  isTaken: (id: string) => boolean,
): AssignedPlacement[] {
  const matches = matchKnown(calls, known);
  const retiredOf = new Map(known.filter((placement) => placement.retired).map((old) => [old.id, old.partnerKey]));
  const used = new Set([...matches.values()].map((placement) => placement.id));
  const living = new Set(known.filter((placement) => !placement.retired).map((placement) => placement.id));
  const occurrences = new Map<string, number>();

  return calls.map((call, index) => {
    const ordinal = (occurrences.get(call.partnerKey) ?? 0) + 1;
    occurrences.set(call.partnerKey, ordinal);
    const match = matches.get(index);
    if (match) return { id: match.id, ordinal, minted: false };
    // A retired placement of this article and partner may come back under its own id; anybody else's is not free.
    const isFree = (id: string): boolean => {
      if (used.has(id) || living.has(id)) return false;
      return retiredOf.has(id) ? retiredOf.get(id) === call.partnerKey : !isTaken(id);
    };
    const id = mint(articlePath, call, ordinal, isFree);
    used.add(id);
    return { id, ordinal, minted: !retiredOf.has(id) };
  });
}

function mint(path: string, call: PlacementCall, ordinal: number, isFree: (id: string) => boolean): string {
  if (call.label !== undefined) {
    const named = placementId(path, call.partnerKey, `@${call.label}`);
    if (isFree(named)) return named;
  }
  for (let number = ordinal; ; number += 1) {
    const id = placementId(path, call.partnerKey, String(number));
    if (isFree(id)) return id;
  }
}

/** One pass of the matching: calls and old placements that give the same text meet in order; undefined takes no part. */
interface MatchRule {
  readonly ofCall: (call: PlacementCall) => string | undefined;
  readonly ofKnown: (known: KnownPlacement) => string | undefined;
}

const byName = ({ partnerKey, label }: PlacementCall) =>
  label === undefined ? undefined : JSON.stringify([partnerKey, label]);
const byText = ({ partnerKey, label, text }: PlacementCall) =>
  label === undefined ? JSON.stringify([partnerKey, text]) : undefined;
const byPartner = ({ partnerKey, label }: PlacementCall) => (label === undefined ? partnerKey : undefined);

/** In the order in which they are tried. */
const MATCH_RULES: readonly MatchRule[] = [
  { ofCall: byName, ofKnown: byName },
  { ofCall: byText, ofKnown: byText },
  { ofCall: byPartner, ofKnown: (known) => (known.retired ? undefined : byPartner(known)) },
];

/** Linear in calls and placements: a page of thousands of links is saved while others wait for this process. */
function matchKnown(calls: readonly PlacementCall[], known: readonly KnownPlacement[]): Map<number, KnownPlacement> {
  const matches = new Map<number, KnownPlacement>();
  const free = new Set([...known].sort(livingFirst));
  for (const rule of MATCH_RULES) {
    const waiting = queues(free, rule.ofKnown);
    for (const [index, call] of calls.entries()) {
      const key = matches.has(index) ? undefined : rule.ofCall(call);
      const old = key === undefined ? undefined : waiting.get(key)?.next().value;
      if (!old) continue;
      matches.set(index, old);
      free.delete(old);
    }
  }
  return matches;
}

/** Those with the same key, each to be handed out once, in order. */
function queues(known: Iterable<KnownPlacement>, keyOf: MatchRule['ofKnown']): Map<string, Iterator<KnownPlacement>> {
  const lists = new Map<string, KnownPlacement[]>();
  for (const placement of known) {
    const key = keyOf(placement);
    if (key === undefined) continue;
    const list = lists.get(key);
    if (list) list.push(placement);
    else lists.set(key, [placement]);
  }
  return new Map([...lists].map(([key, list]) => [key, list.values()]));
}

function livingFirst(left: KnownPlacement, right: KnownPlacement): number {
  return Number(left.retired) - Number(right.retired) || left.position - right.position;
}
