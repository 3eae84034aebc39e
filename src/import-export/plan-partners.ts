import { PARTNER_KEY } from '../shortcodes/aff.js';
import type { PartnerField, PartnerFile, PartnerRecord } from './partner-records.js';

/** What a file says of one partner, in Waypost's words. What it does not say is left out. */
export interface PlannedPartner {
  readonly line: number;
  readonly key: string;
  /** What the file calls it, where that cannot be a key. */
  readonly writtenKey: string | undefined;
  readonly details: PartnerDetails;
  readonly isPaused: boolean;
  /** undefined: the file says nothing of them. */
  readonly targets: readonly PlannedTarget[] | undefined;
  /** Whether the file could say countries alone: then its list replaces the targets by country, else all. */
  readonly hasCountriesOnly: boolean;
  readonly problems: readonly string[];
}

export interface PartnerDetails {
  readonly name?: string;
  readonly destinationUrl?: string;
  readonly network?: string;
  readonly subIdTemplate?: string;
  readonly passthrough?: readonly string[];
  readonly defaultText?: string;
  readonly disclosure?: string;
  readonly fallbackUrl?: string;
  readonly startsAt?: Date;
  readonly expiresAt?: Date;
}

/** A target as the file has it; its values are checked where it is stored. */
export type PlannedTarget = { readonly key: string } & Readonly<Partial<Record<TargetField, unknown>>>;

export const TARGET_FIELDS = [
  'key',
  'destinationUrl',
  'network',
  'subIdTemplate',
  'rank',
  'weight',
  'countries',
  'devices',
  'languages',
  'startsAt',
  'expiresAt',
] as const;

type TargetField = (typeof TARGET_FIELDS)[number];

/** How keys of targets begin that are made of their countries. */
export const COUNTRY_TARGET = 'geo_';

/** Says what every record of the file would be. A record that cannot be a partner has problems. */
export function planPartners(file: PartnerFile): PlannedPartner[] {
  const lineByKey = new Map<string, number>();
  return file.records.map((record) => {
    const planned = planPartner(record, file.kind);
    const twin = lineByKey.get(planned.key);
    if (planned.key !== '') lineByKey.set(planned.key, twin ?? planned.line);
    if (twin === undefined) return planned;
    const problem = `Line ${twin} has the key "${planned.key}" already. Change one of the two.`;
    return { ...planned, problems: [...planned.problems, problem] };
  });
}

const TEXTS = [
  'name',
  'destinationUrl',
  'network',
  'subIdTemplate',
  'defaultText',
  'disclosure',
  'fallbackUrl',
] as const;

function planPartner({ line, fields }: PartnerRecord, kind: PartnerFile['kind']): PlannedPartner {
  const problems: string[] = [];
  const written = textOf(fields.key) ?? textOf(fields.name) ?? '';
  const key = keyOf(written);
  if (key === '') problems.push('It has no key, slug or name that a partner key could be made of.');
  const details: Record<string, unknown> = {};
  for (const name of TEXTS) {
    if (fields[name] === undefined || fields[name] === null) continue;
    const text = textOf(fields[name]);
    if (text === undefined) problems.push(`"${name}" is not text.`);
    else details[name] = text;
  }
  details['name'] ??= written === '' ? undefined : written;
  for (const name of ['startsAt', 'expiresAt'] as const) putDate(name, fields[name], details, problems);
  if (Array.isArray(fields.passthrough)) details['passthrough'] = fields.passthrough.map(String);
  if (details['destinationUrl'] === undefined) problems.push('It has no destination URL.');
  return {
    line,
    key,
    writtenKey: key === written ? undefined : written,
    details,
    isPaused: /^(?:paused|inactive|disabled|draft)$/i.test(textOf(fields.status) ?? ''),
    targets: readTargets(fields.targets, problems),
    hasCountriesOnly: kind !== 'data',
    problems,
  };
}

/** A slug such as `Best/VPN deal` as a key: `best-vpn-deal`. Empty where nothing of it can stay. */
function keyOf(text: string): string {
  const key = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036F]/g, '')
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '')
    .slice(0, 64);
  return PARTNER_KEY.test(key) ? key : '';
}

function putDate(name: PartnerField, value: unknown, details: Record<string, unknown>, problems: string[]): void {
  const text = textOf(value);
  if (text === undefined || text === '') return;
  const date = dateOf(text);
  if (date === undefined) problems.push(`"${name}" is no date: "${text}". Write one such as 2027-01-31.`);
  else details[name] = date;
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A date without a zone is UTC, wherever the command runs. */
function dateOf(text: string): Date | undefined {
  const [, day, time = '00:00', zone = 'Z'] = DATE.exec(text) ?? [];
  const date = new Date(`${day}T${time}${zone}`);
  return day === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function readTargets(value: unknown, problems: string[]): PlannedTarget[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) {
    problems.push('"targets" is no list.');
    return undefined;
  }
  return value.map((target: unknown, index) => readTarget(target, index, problems));
}

function readTarget(value: unknown, index: number, problems: string[]): PlannedTarget {
  const written = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { '': value };
  const target: Partial<Record<TargetField, unknown>> = {};
  for (const [name, part] of Object.entries(written)) {
    const field = TARGET_FIELDS.find((one) => one === name);
    if (field === undefined)
      problems.push(`Target ${index + 1} has "${name}". A target has: ${TARGET_FIELDS.join(', ')}.`);
    else target[field] = part;
  }
  for (const name of ['startsAt', 'expiresAt'] as const) {
    const moment = target[name] instanceof Date ? target[name].toISOString() : target[name];
    delete target[name];
    putDate(name, moment, target, problems);
  }
  return { ...target, key: textOf(target.key) ?? keyOfTarget(target, index) };
}

function keyOfTarget({ countries }: Partial<Record<TargetField, unknown>>, index: number): string {
  const key = Array.isArray(countries) ? `${COUNTRY_TARGET}${countries.join('_').toLowerCase()}` : '';
  return PARTNER_KEY.test(key) ? key : `target_${index + 1}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() : undefined;
}
