import { PARTNER_KEY } from '../shortcodes/aff.js';
import { SourceLines } from '../shortcodes/source-position.js';
import type { WrittenArgument, WrittenTag } from './aff-calls.js';
import { findTags } from './aff-calls.js';
import type { AffVariant } from './aff-variants.js';
import { variantId } from './aff-variants.js';

export interface ConvertedCall {
  /** Of the file, from 1. */
  readonly line: number;
  /** In UTF-16 units, from 1. */
  readonly column: number;
  readonly before: string;
  readonly after: string;
}

export interface CallProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Conversion {
  readonly body: string;
  readonly converted: readonly ConvertedCall[];
  readonly problems: readonly CallProblem[];
}

/**
 * Writes the calls of a site's own `aff` as Waypost's. What stands outside the calls stays as it is, and so do calls that
 * mean the same already, and calls that cannot be converted, which are told.
 */
export function convertAffCalls(body: string, variants: readonly AffVariant[], firstLine: number): Conversion {
  const byId = new Map(variants.map((variant) => [variant.id, variant]));
  const shortcodes = new Set(variants.map(({ shortcode }) => shortcode));
  const lines = new SourceLines(body, firstLine);
  const converted: ConvertedCall[] = [];
  const problems: CallProblem[] = [];
  let text = '';
  let at = 0;
  for (const tag of findTags(body, shortcodes)) {
    const variant = byId.get(variantId(tag));
    const place = lines.positionOf(tag.start);
    const written = tag.isClosing ? { name: 'aff', rest: undefined } : writeCall(tag, variant);
    if ('problem' in written) {
      problems.push({ ...place, message: written.problem });
      continue;
    }
    const end = written.rest === undefined ? tag.nameEnd : tag.argumentsEnd;
    const after = written.name + (written.rest ?? '');
    const before = body.slice(tag.nameStart, end);
    if (before === after) continue;
    text += body.slice(at, tag.nameStart) + after;
    at = end;
    if (!tag.isClosing) converted.push({ ...place, before: before.trim(), after: after.trim() });
  }
  return { body: text + body.slice(at), converted, problems };
}

type WrittenCall = { readonly name: string; readonly rest: string | undefined } | { readonly problem: string };

function writeCall(tag: WrittenTag, variant: AffVariant | undefined): WrittenCall {
  if (!variant) return { problem: 'This call is written like no other that was looked at.' };
  const argumentOf = (role: string): WrittenArgument | undefined =>
    tag.arguments.find((value, index) => {
      const slot = value.name ?? String(index + 1);
      return variant.roles[variant.slots.indexOf(slot)] === role;
    });
  const partner = argumentOf('partner');
  if (!partner) return { problem: 'No argument of this call names a partner.' };
  if (!PARTNER_KEY.test(partner.text)) return { problem: `"${partner.text}" cannot be a partner key.` };
  if (meansTheSame(tag, variant)) return { name: tag.shortcode, rest: undefined };
  const placement = argumentOf('placement');
  const text = argumentOf('text');
  const parts = [partner, placement, text].filter((part) => part !== undefined && part.text !== '');
  const unwritable = parts.find((part) => part?.written === undefined);
  if (unwritable)
    return { problem: `The argument ${unwritable.text} is quoted in a way that cannot be moved. Convert it by hand.` };
  return { name: 'aff', rest: ` ${callArguments(partner, placement, text)} ` };
}

/** Three arguments are partner, placement and text; a placement without text needs its name. */
function callArguments(partner: WrittenArgument, placement?: WrittenArgument, text?: WrittenArgument): string {
  if (!placement?.text) return [partner, text].flatMap((part) => part?.written ?? []).join(' ');
  if (!text?.text) return `partner=${partner.written} placement=${placement.written}`;
  return `${partner.written} ${placement.written} ${text.written}`;
}

const OWN_POSITIONS = ['partner', 'partner text', 'partner placement text'];
const OWN_NAMES: Readonly<Record<string, string>> = {
  partner: 'partner',
  key: 'partner',
  placement: 'placement',
  text: 'text',
};

function meansTheSame({ shortcode }: WrittenTag, { roles, slots, isNamed }: AffVariant): boolean {
  if (shortcode !== 'aff') return false;
  if (!isNamed) return OWN_POSITIONS.includes(roles.join(' '));
  return slots.every((name, index) => Object.hasOwn(OWN_NAMES, name) && OWN_NAMES[name] === roles[index]);
}
