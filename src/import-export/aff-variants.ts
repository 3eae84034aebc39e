/** How a site writes its own `aff`: which argument is what, said by somebody or guessed from all of its calls. */
import { PARTNER_KEY } from '../shortcodes/aff.js';
import type { WrittenTag } from './aff-calls.js';

/** `-`: nothing that Waypost keeps. */
export type ArgumentRole = 'partner' | 'placement' | 'text' | '-';

export const ARGUMENT_ROLES: readonly ArgumentRole[] = ['partner', 'placement', 'text', '-'];

/** Calls that are written alike: a shortcode with so many arguments, or with these names. */
export interface AffVariant {
  /** `aff 2`, `aff key text`. */
  readonly id: string;
  readonly shortcode: string;
  /** Number of positional arguments, or the names in order. */
  readonly slots: readonly string[];
  readonly isNamed: boolean;
  readonly calls: number;
  readonly roles: readonly ArgumentRole[];
  readonly isGuessed: boolean;
}

export interface ChosenRoles {
  /** Of positional arguments, in order. */
  readonly positional?: readonly ArgumentRole[];
  /** Of named ones. */
  readonly named?: Readonly<Record<string, ArgumentRole>>;
}

/** What is looked at of each argument of a variant. */
interface SlotValues {
  readonly values: Set<string>;
  calls: number;
  keyLike: number;
  textLike: number;
}

/** Different values of an argument that are looked at; more tell nothing new. */
const MOST_VALUES = 2000;

export function variantId({ shortcode, arguments: values }: WrittenTag): string {
  const names = namesOf(values);
  return `${shortcode} ${names ? [...names].sort().join(' ') : values.length}`;
}

/** Collects the calls of a site, and then says what each variant is taken for. */
export class AffVariants {
  private readonly found = new Map<string, { tag: WrittenTag; calls: number; slots: Map<string, SlotValues> }>();

  add(tag: WrittenTag): void {
    const id = variantId(tag);
    const variant = this.found.get(id) ?? { tag, calls: 0, slots: new Map<string, SlotValues>() };
    this.found.set(id, variant);
    variant.calls += 1;
    for (const [index, { name, text }] of tag.arguments.entries()) {
      const slot = name ?? String(index + 1);
      const seen = variant.slots.get(slot) ?? { values: new Set(), calls: 0, keyLike: 0, textLike: 0 };
      variant.slots.set(slot, seen);
      seen.calls += 1;
      if (PARTNER_KEY.test(text)) seen.keyLike += 1;
      if (/[\s\p{Lu}]/u.test(text)) seen.textLike += 1;
      if (seen.values.size < MOST_VALUES) seen.values.add(text);
    }
  }

  /** Values that may be keys of partners, for asking which of them are. */
  get possibleKeys(): string[] {
    const values = [...this.found.values()].flatMap(({ slots }) =>
      [...slots.values()].flatMap((slot) => [...slot.values]),
    );
    return [...new Set(values)].filter((value) => PARTNER_KEY.test(value));
  }

  /** `known`: keys of partners that exist. */
  decide(chosen: ChosenRoles, known: ReadonlySet<string>): AffVariant[] {
    return [...this.found].map(([id, { tag, calls, slots }]) => {
      const isNamed = namesOf(tag.arguments) !== undefined;
      const names = [...slots.keys()];
      const said = saidRoles(names, isNamed, chosen);
      const roles = said ?? guessRoles(slots, isNamed, known);
      return { id, shortcode: tag.shortcode, slots: names, isNamed, calls, roles, isGuessed: said === undefined };
    });
  }
}

function namesOf(values: WrittenTag['arguments']): string[] | undefined {
  const names = values.flatMap(({ name }) => name ?? []);
  return names.length > 0 ? names : undefined;
}

function saidRoles(slots: readonly string[], isNamed: boolean, chosen: ChosenRoles): ArgumentRole[] | undefined {
  if (isNamed) {
    const { named } = chosen;
    return named && slots.map((name) => (Object.hasOwn(named, name) ? (named[name] ?? '-') : '-'));
  }
  const { positional } = chosen;
  return positional && slots.map((_slot, index) => positional[index] ?? '-');
}

const SYNONYMS: Readonly<Record<string, ArgumentRole>> = {
  partner: 'partner',
  key: 'partner',
  id: 'partner',
  slug: 'partner',
  program: 'partner',
  merchant: 'partner',
  vendor: 'partner',
  affiliate: 'partner',
  text: 'text',
  label: 'text',
  title: 'text',
  anchor: 'text',
  content: 'text',
  placement: 'placement',
  position: 'placement',
  slot: 'placement',
  location: 'placement',
};

function guessRoles(
  slots: ReadonlyMap<string, SlotValues>,
  isNamed: boolean,
  known: ReadonlySet<string>,
): ArgumentRole[] {
  const names = [...slots.keys()];
  const roles = new Map<string, ArgumentRole>();
  const isFree = (role: ArgumentRole): boolean => ![...roles.values()].includes(role);
  if (isNamed) {
    for (const name of names) {
      const role = Object.hasOwn(SYNONYMS, name.toLowerCase()) ? SYNONYMS[name.toLowerCase()] : undefined;
      if (role && isFree(role)) roles.set(name, role);
    }
  }
  const put = (role: ArgumentRole, score: (slot: SlotValues) => number): void => {
    if (!isFree(role)) return;
    const open = names.filter((name) => !roles.has(name));
    const scored = open.map((name) => [name, score(slots.get(name) as SlotValues)] as const);
    const best = scored.reduce<readonly [string, number] | undefined>(
      (most, one) => (most && most[1] >= one[1] ? most : one),
      undefined,
    );
    if (best && best[1] > 0) roles.set(best[0], role);
  };
  put('partner', (slot) => partnerScore(slot, known));
  put('text', (slot) => 0.1 + slot.textLike / slot.calls + slot.values.size / (1 + slot.calls));
  if (!isNamed) put('placement', (slot) => slot.keyLike / slot.calls);
  return names.map((name) => roles.get(name) ?? '-');
}

/** A partner is named by a key, mostly by one that exists, and the same few are named again and again. */
function partnerScore({ values, calls, keyLike }: SlotValues, known: ReadonlySet<string>): number {
  const existing = [...values].filter((value) => known.has(value)).length / values.size;
  return keyLike === 0 ? 0 : 4 * existing + keyLike / calls + 0.5 * (1 - values.size / calls);
}
