import { trimUnicodeSpace } from './characters.js';
import type { ParameterValue, ShortcodeCall, ShortcodeDefinition } from './definition.js';
import type { Diagnostic } from './diagnostic.js';
import { escapeTemplateText, escapeTemplateUrl } from './html-template.js';
import { printValue } from './parameter-value.js';

/** What an `aff` call asks for. */
export interface AffCall {
  /** Undefined: the call names no partner that could exist, and says so in the diagnostics. */
  readonly partnerKey: string | undefined;
  /** The author's own name for this place. Undefined: the place is known by its number. */
  readonly placement: string | undefined;
  /** Plain text of the link. Undefined: the partner's default text. */
  readonly text: string | undefined;
  /** Content between the tags, as HTML, when it is what the link shows. For documents that may hold HTML. */
  readonly contentHtml: string | undefined;
  readonly diagnostics: readonly AffDiagnostic[];
}

export type AffDiagnostic = Pick<Diagnostic, 'severity' | 'code' | 'message' | 'hint'>;

/** What a partner key and a placement are made of. They become part of a URL. */
export const affKeyPattern = /^[a-z0-9_-]{1,64}$/;

/** In Hugo a shortcode is paired or not, never both. Sites write `aff` both ways, so here its content is optional. */
export const affInner: ShortcodeDefinition['inner'] = 'optional';

const knownNames = ['partner', 'key', 'placement', 'text'];

const usage = 'Write {{< aff "partner_key" "Link text" >}}.';

/**
 * Reads the parameters of an `aff` call.
 *
 * Aff :: Partner | Partner Text | Partner Placement Text        by position
 *      | ( partner= | key= ) [ placement= ] [ text= ]           by name
 * With text between the tags that is what the link shows, and a second positional parameter is the placement.
 */
export function readAffCall(call: Pick<ShortcodeCall, 'positional' | 'named' | 'inner'>): AffCall {
  const diagnostics: AffDiagnostic[] = [];
  const content = trimUnicodeSpace(call.inner);
  const written = call.named === undefined ? byPosition(call.positional, content !== '') : byName(call.named);
  reportUse(call, diagnostics);
  const hasContent = content !== '' && written.text === undefined;
  if (content !== '' && written.text !== undefined) diagnostics.push(problem.textTwice(printValue(written.text)));
  const text = hasContent ? plainText(content) : textOf(written.text);
  return {
    partnerKey: readPartnerKey(written.partner, diagnostics),
    placement: readPlacement(written.placement, diagnostics),
    text: text === '' ? undefined : text,
    contentHtml: hasContent ? content : undefined,
    diagnostics,
  };
}

/** The tracked link, escaped as Hugo's html/template escapes it (`C++` is `C&#43;&#43;`). `contentHtml` stands in for the text as it is. */
export function affLinkHtml(link: {
  readonly href: string;
  readonly rel: string;
  readonly text: string;
  readonly contentHtml?: string;
}): string {
  const content = link.contentHtml ?? escapeTemplateText(link.text);
  return `<a href="${escapeTemplateUrl(link.href)}" rel="${escapeTemplateText(link.rel)}">${content}</a>`;
}

interface WrittenParameters {
  readonly partner: ParameterValue | undefined;
  readonly placement: ParameterValue | undefined;
  readonly text: ParameterValue | undefined;
}

function byPosition(positional: readonly ParameterValue[], hasContent: boolean): WrittenParameters {
  const [partner, second, third] = positional;
  if (third !== undefined) return { partner, placement: second, text: third };
  return hasContent ? { partner, placement: second, text: undefined } : { partner, placement: undefined, text: second };
}

function byName(named: Readonly<Record<string, ParameterValue>>): WrittenParameters {
  const valueOf = (name: string): ParameterValue | undefined => (Object.hasOwn(named, name) ? named[name] : undefined);
  return { partner: valueOf('partner') ?? valueOf('key'), placement: valueOf('placement'), text: valueOf('text') };
}

function reportUse(
  { positional, named }: Pick<ShortcodeCall, 'positional' | 'named'>,
  diagnostics: AffDiagnostic[],
): void {
  if (positional.length > 3) diagnostics.push(problem.tooMany(positional.length));
  for (const name of Object.keys(named ?? {})) {
    if (!knownNames.includes(name)) diagnostics.push(problem.unknownName(name));
  }
  const isNamedTwice = named !== undefined && Object.hasOwn(named, 'partner') && Object.hasOwn(named, 'key');
  if (isNamedTwice && named['partner'] !== named['key']) diagnostics.push(problem.partnerTwice());
}

function readPartnerKey(value: ParameterValue | undefined, diagnostics: AffDiagnostic[]): string | undefined {
  const key = textOf(value);
  if (key === undefined) {
    diagnostics.push(problem.noPartner());
    return undefined;
  }
  if (typeof value !== 'string') diagnostics.push(problem.unquotedKey(key));
  if (affKeyPattern.test(key)) return key;
  diagnostics.push(problem.badKey(key));
  return undefined;
}

function readPlacement(value: ParameterValue | undefined, diagnostics: AffDiagnostic[]): string | undefined {
  const placement = textOf(value);
  if (placement === undefined || affKeyPattern.test(placement)) return placement;
  diagnostics.push(problem.badPlacement(placement));
  return undefined;
}

function textOf(value: ParameterValue | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : printValue(value);
}

/** What a reader sees of a link's content. Enough for lists and reports; it is not used to make HTML safe. */
function plainText(html: string): string {
  const text = html
    .replace(/<[^<>]*>/g, '')
    .replace(/&(?:lt|gt|quot|amp|#39|#34|#43);/g, (entity) => entities[entity] ?? entity);
  return trimUnicodeSpace(text.replace(/\s+/g, ' '));
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
  '&#34;': '"',
  '&#43;': '+',
};

const problem = {
  noPartner: (): AffDiagnostic => ({
    severity: 'error',
    code: 'aff-partner-missing',
    message: 'aff names no partner',
    hint: usage,
  }),
  badKey: (key: string): AffDiagnostic => ({
    severity: 'error',
    code: 'aff-partner-invalid',
    message: `"${key}" is no partner key`,
    hint: `A key holds a to z, 0 to 9, "_" and "-", 64 at most: ${suggestion(key, '_')}.`,
  }),
  unquotedKey: (key: string): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-partner-unquoted',
    message: `the partner key is read as the value ${key}`,
    hint: 'Put the key in double quotes: without them 007 is 7.',
  }),
  badPlacement: (placement: string): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-placement-invalid',
    message: `"${placement}" is no placement name and is left out`,
    hint: `A placement holds a to z, 0 to 9, "_" and "-", 64 at most: ${suggestion(placement, '-')}. The order is partner, placement, text.`,
  }),
  tooMany: (count: number): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-parameters-extra',
    message: `aff has ${count} parameters and reads 3`,
    hint: 'Put a text of several words in double quotes.',
  }),
  unknownName: (name: string): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-parameter-unknown',
    message: `aff has no parameter "${name}"`,
    hint: 'It reads partner (or key), placement and text.',
  }),
  partnerTwice: (): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-partner-twice',
    message: 'aff names two partners, and "partner" counts',
    hint: 'Write partner or key, not both.',
  }),
  textTwice: (text: string): AffDiagnostic => ({
    severity: 'warning',
    code: 'aff-text-twice',
    message: `aff has the text "${text}" and content between its tags, which is left out`,
    hint: 'Write the text once.',
  }),
};

function suggestion(text: string, separator: string): string {
  const key = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9_-]+/g, separator)
    .slice(0, 64)
    .replace(/^[_-]+|[_-]+$/g, '');
  return key === '' ? '"partner_key"' : `"${key}"`;
}
