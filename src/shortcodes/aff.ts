import type { NamedParameters, ParameterValue } from './definition.js';
import { escapeTemplateText, escapeTemplateUrl } from './html-template.js';
import { printValue } from './parameter-value.js';

/** The parts of a call that say what an `aff` means. */
export interface AffParameters {
  readonly positional: readonly ParameterValue[];
  readonly named?: NamedParameters | undefined;
  /** What stands between the tags, as text; empty where the call is not paired. */
  readonly innerText: string;
}

export interface AffProblem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What an `aff` call says. Without a usable partner key it is no placement. */
export interface AffCall {
  readonly partnerKey: string | undefined;
  /** The explicit name of the placement. */
  readonly placement: string | undefined;
  /** undefined: the default text of the partner. */
  readonly text: string | undefined;
  readonly problems: readonly AffProblem[];
}

/** What a partner key may be: it stands in URLs, shortcodes and hashes, so that it needs no escaping in any. */
export const PARTNER_KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;
export const PARTNER_KEY_RULE =
  '1 to 64 characters: a-z, 0-9, "_" and "-", beginning with a letter or digit, such as "training_partner"';

const PLACEMENT_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u;

const FORMS =
  '{{< aff "partner" "text" >}}, {{< aff "partner" "placement" "text" >}} or {{< aff partner="…" placement="…" text="…" >}}';
const NAMES = new Set(['partner', 'key', 'placement', 'text']);

/**
 * Reads every form of `aff` that real sites use:
 * `aff "partner" "text"`, `aff "partner" "placement" "text"`, named (`partner=` or `key=`, `placement=`, `text=`), and paired
 * (`aff "partner"`, text, `/aff`). A text between the tags is used where the parameters give none.
 */
export function readAffCall(call: AffParameters): AffCall {
  const { partner, placement, text, problems } = call.named ? readNamed(call.named) : readPositional(call.positional);
  const innerText = call.innerText.trim();
  const key = printed(partner);
  const found = [...problems];
  if (key === undefined || key === '') found.push(PARTNER_MISSING);
  else if (!PARTNER_KEY.test(key)) found.push(badKey(key));
  else if (typeof partner !== 'string') found.push(unquotedKey(key));
  if (text && innerText !== '') found.push(twoTexts(text));
  if (placement !== undefined && !PLACEMENT_NAME.test(placement)) found.push(badPlacement(placement));
  return {
    partnerKey: key !== undefined && PARTNER_KEY.test(key) ? key : undefined,
    placement: placement !== undefined && PLACEMENT_NAME.test(placement) ? placement : undefined,
    text: text || innerText || undefined,
    problems: found,
  };
}

/** The link as Hugo's own `aff` template prints it: the same bytes, whatever the text and address hold. */
export function affLinkHtml(link: { readonly href: string; readonly rel: string; readonly text: string }): string {
  return `<a href="${escapeTemplateUrl(link.href)}" rel="${link.rel}">${escapeTemplateText(link.text)}</a>`;
}

interface RawAff {
  readonly partner: ParameterValue | undefined;
  readonly placement: string | undefined;
  readonly text: string | undefined;
  readonly problems: readonly AffProblem[];
}

function readPositional(values: readonly ParameterValue[]): RawAff {
  const [partner] = values;
  const [, second, third] = values.map(printValue);
  const problems = values.length > 3 ? [tooMany(values.length)] : [];
  if (values.length < 3) return { partner, placement: undefined, text: second, problems };
  return { partner, placement: second === '' ? undefined : second, text: third, problems };
}

function readNamed(named: NamedParameters): RawAff {
  const value = (name: string): ParameterValue | undefined => (Object.hasOwn(named, name) ? named[name] : undefined);
  const partner = value('partner');
  const key = value('key');
  const problems = Object.keys(named)
    .filter((name) => !NAMES.has(name))
    .map(unknownName);
  if (partner !== undefined && key !== undefined && partner !== key)
    problems.push(twoKeys(printValue(partner), printValue(key)));
  const placement = printed(value('placement')) || undefined;
  return { partner: partner ?? key, placement, text: printed(value('text')), problems };
}

function printed(value: ParameterValue | undefined): string | undefined {
  return value === undefined ? undefined : printValue(value);
}

const PARTNER_MISSING: AffProblem = {
  severity: 'error',
  code: 'aff-partner-missing',
  message: 'aff names no partner',
  hint: `Write ${FORMS}.`,
};

const badKey = (key: string): AffProblem => ({
  severity: 'error',
  code: 'aff-partner-key',
  message: `"${shorten(key)}" cannot be a partner key`,
  hint: `A key is ${PARTNER_KEY_RULE}. The partner comes first, then the text.`,
});

const unquotedKey = (key: string): AffProblem => ({
  severity: 'warning',
  code: 'aff-partner-unquoted',
  message: `the partner key is read as the value ${key}`,
  hint: 'Put the key in double quotes: without them 007 is 7.',
});

const badPlacement = (name: string): AffProblem => ({
  severity: 'warning',
  code: 'aff-placement-name',
  message: `"${shorten(name)}" cannot be the name of a placement`,
  hint: 'A name is 1 to 100 letters, digits, spaces, ".", "_" and "-". The placement is counted by its number instead.',
});

const tooMany = (count: number): AffProblem => ({
  severity: 'warning',
  code: 'aff-parameters',
  message: `aff has ${count} parameters and uses 3`,
  hint: `Write ${FORMS}.`,
});

const unknownName = (name: string): AffProblem => ({
  severity: 'warning',
  code: 'aff-parameters',
  message: `aff does not know the parameter "${shorten(name)}"`,
  hint: `Write ${FORMS}.`,
});

const twoKeys = (partner: string, key: string): AffProblem => ({
  severity: 'warning',
  code: 'aff-parameters',
  message: `aff names two partners: partner="${shorten(partner)}" and key="${shorten(key)}"`,
  hint: 'Keep one of them; "partner" is used.',
});

const twoTexts = (text: string): AffProblem => ({
  severity: 'warning',
  code: 'aff-text-twice',
  message: `aff has the text "${shorten(text)}" and another one between its tags, which is not used`,
  hint: `Write the text once. With a placement and a text between the tags, name the placement: placement="…".`,
});

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
