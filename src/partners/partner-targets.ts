import type { UserProblem } from '../kernel/errors.js';
import { checkDestinationUrl } from '../networks/destination-url.js';
import { guessNetwork } from '../networks/networks.js';
import { parseSubIdTemplate, SubIdTemplateError } from '../networks/sub-id.js';

/** A target as somebody writes it. What is left out or null has its default. */
export interface TargetDraft extends Schedule {
  readonly key: string;
  readonly destinationUrl: string;
  readonly network?: string | null;
  readonly subIdTemplate?: string | null;
  readonly rank?: number | null;
  readonly weight?: number | null;
  readonly countries?: readonly string[] | null;
  readonly devices?: readonly string[] | null;
  readonly languages?: readonly string[] | null;
}

/** A target as it is stored, with URLs as they are sent in a Location header. */
export interface PartnerTarget {
  readonly key: string;
  readonly destinationUrl: string;
  readonly network: string;
  readonly subIdTemplate: string | null;
  readonly rank: number;
  readonly weight: number;
  readonly countries: string[] | null;
  readonly devices: string[] | null;
  readonly languages: string[] | null;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
}

/** From when to when something counts; null: from or for ever. */
interface Schedule {
  readonly startsAt?: Date | null;
  readonly expiresAt?: Date | null;
}

interface ReadTargets {
  /** In the order in which a redirect looks at them. */
  readonly targets: PartnerTarget[];
  readonly problems: UserProblem[];
}

/** @param field path of the list, such as `input.targets`. */
export function readTargets(drafts: readonly TargetDraft[], ownOrigins: readonly string[], field: string): ReadTargets {
  const targets: PartnerTarget[] = [];
  const problems: UserProblem[] = [];
  const keys = new Set<string>();
  for (const [index, draft] of drafts.entries()) {
    const at = `${field}.${index}`;
    const { url, problem } = checkDestinationUrl(draft.destinationUrl, { ownOrigins });
    if (problem !== undefined) problems.push({ code: 'URL_INVALID', message: problem, field: `${at}.destinationUrl` });
    problems.push(...problemsOf(draft, keys, at));
    keys.add(draft.key);
    if (url !== undefined) targets.push(targetOf(draft, url));
  }
  return { targets: targets.sort(byRank), problems };
}

/** Undefined where the template works. */
export function templateProblem(template: string): string | undefined {
  try {
    parseSubIdTemplate(template);
    return undefined;
  } catch (error) {
    if (error instanceof SubIdTemplateError) return error.message;
    throw error;
  }
}

function problemsOf(draft: TargetDraft, earlierKeys: ReadonlySet<string>, at: string): UserProblem[] {
  const problems: UserProblem[] = [];
  if (earlierKeys.has(draft.key)) {
    const message = `Two targets have the key "${draft.key}". Give each a key of its own.`;
    problems.push({ code: 'KEY_TAKEN', message, field: `${at}.key` });
  }
  const template = draft.subIdTemplate == null ? undefined : templateProblem(draft.subIdTemplate);
  if (template !== undefined) {
    problems.push({ code: 'SUB_ID_TEMPLATE_INVALID', message: template, field: `${at}.subIdTemplate` });
  }
  return [...problems, ...scheduleProblems(draft, at)];
}

/** @param at path of what has the dates, such as `input.targets.0`. */
export function scheduleProblems({ startsAt, expiresAt }: Schedule, at: string): UserProblem[] {
  if (startsAt == null || expiresAt == null || startsAt < expiresAt) return [];
  const message = 'It ends before it begins. Set expiresAt to a later moment than startsAt.';
  return [{ code: 'SCHEDULE_EMPTY', message, field: `${at}.expiresAt` }];
}

function targetOf(draft: TargetDraft, destinationUrl: string): PartnerTarget {
  return {
    key: draft.key,
    destinationUrl,
    network: draft.network ?? guessNetwork(destinationUrl),
    subIdTemplate: draft.subIdTemplate ?? null,
    rank: draft.rank ?? 0,
    weight: draft.weight ?? 1,
    countries: condition(draft.countries, (country) => country.toUpperCase()),
    devices: condition(draft.devices, (device) => device),
    languages: condition(draft.languages, (language) => language.toLowerCase()),
    startsAt: draft.startsAt ?? null,
    expiresAt: draft.expiresAt ?? null,
  };
}

const condition = (values: readonly string[] | null | undefined, normal: (value: string) => string): string[] | null =>
  values == null ? null : [...new Set(values.map(normal))];

const byRank = (one: PartnerTarget, other: PartnerTarget): number =>
  one.rank - other.rank || (one.key < other.key ? -1 : 1);
