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
  readonly targets: readonly PlannedTarget[];
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

/** Where readers of these countries are sent. */
export interface PlannedTarget {
  readonly countries: readonly string[];
  readonly destinationUrl: string;
}

/** Says what every record of the file would be. A record that cannot be a partner has problems. */
export function planPartners(file: PartnerFile): PlannedPartner[] {
  const lineByKey = new Map<string, number>();
  return file.records.map((record) => {
    const planned = planPartner(record);
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

function planPartner({ line, fields }: PartnerRecord): PlannedPartner {
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
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) problems.push(`"${name}" is no date: "${text}". Write one such as 2027-01-31.`);
  else details[name] = date;
}

function readTargets(value: unknown, problems: string[]): PlannedTarget[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((target: { countries?: unknown; destinationUrl?: unknown }) => {
    const { countries, destinationUrl } = target;
    const isGood =
      Array.isArray(countries) &&
      countries.every((country) => /^[A-Z]{2}$/.test(String(country))) &&
      textOf(destinationUrl);
    if (isGood) return [{ countries: countries.map(String), destinationUrl: String(destinationUrl) }];
    problems.push('A geolocation is not of the form "AU:https://…".');
    return [];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() : undefined;
}
