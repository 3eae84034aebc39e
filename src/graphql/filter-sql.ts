import { WaypostError } from '../kernel/errors.js';

/** A statement with more takes longer to plan than to run. */
const MOST_CONDITIONS = 100;
const MOST_LEVELS = 10;

/** Collects parameters of a statement and hands out their places (`$1`, `$2`, …). */
export class SqlParameters {
  readonly values: unknown[] = [];

  place(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Shape shared by all filters on a text-like column. */
export interface TextConditions {
  readonly eq?: string | null;
  readonly ne?: string | null;
  readonly in?: readonly string[] | null;
  readonly notIn?: readonly string[] | null;
  readonly contains?: string | null;
  readonly startsWith?: string | null;
  readonly isNull?: boolean | null;
}

export interface MomentConditions {
  readonly eq?: Date | null;
  readonly before?: Date | null;
  readonly after?: Date | null;
  readonly between?: { readonly from: Date; readonly to: Date } | null;
  readonly isNull?: boolean | null;
}

/** A condition left out or null does not apply. */
export function textSql(sql: string, conditions: TextConditions, parameters: SqlParameters): string[] {
  const { eq, ne, notIn, contains, startsWith, isNull } = conditions;
  const parts: string[] = [];
  if (eq != null) parts.push(`${sql} = ${parameters.place(eq)}`);
  if (ne != null) parts.push(`${sql} IS DISTINCT FROM ${parameters.place(ne)}`);
  if (conditions.in != null) parts.push(`${sql} = ANY(${parameters.place([...conditions.in])})`);
  if (notIn != null) parts.push(`(${sql} = ANY(${parameters.place([...notIn])})) IS NOT TRUE`);
  if (contains != null) parts.push(`${sql} ILIKE ${parameters.place(`%${escapeLike(contains)}%`)}`);
  if (startsWith != null) parts.push(`${sql} ILIKE ${parameters.place(`${escapeLike(startsWith)}%`)}`);
  if (isNull != null) parts.push(`${sql} IS ${isNull ? '' : 'NOT '}NULL`);
  return parts;
}

export function momentSql(sql: string, conditions: MomentConditions, parameters: SqlParameters): string[] {
  const { eq, before, after, between, isNull } = conditions;
  const parts: string[] = [];
  if (eq != null) parts.push(`${sql} = ${parameters.place(eq)}`);
  if (before != null) parts.push(`${sql} < ${parameters.place(before)}`);
  if (after != null) parts.push(`${sql} > ${parameters.place(after)}`);
  if (between != null) {
    parts.push(`${sql} >= ${parameters.place(between.from)} AND ${sql} < ${parameters.place(between.to)}`);
  }
  if (isNull != null) parts.push(`${sql} IS ${isNull ? '' : 'NOT '}NULL`);
  return parts;
}

/** What every filter can be combined with. */
export interface Combined<Filter> {
  readonly and?: readonly Filter[] | null;
  readonly or?: readonly Filter[] | null;
  readonly not?: Filter | null;
}

/**
 * SQL of a filter with `and`, `or`, `not`. Everything given must hold. An empty `or` matches nothing, an empty `and`
 * everything; `not` is true also where the filter is unknown because of a null.
 * @throws WaypostError BAD_ARGUMENT for a filter of more than 100 parts, or nested more than 10 levels deep.
 */
export function filterSql<Filter extends Combined<Filter>>(
  filter: Filter,
  ownConditions: (filter: Filter) => string[],
): string {
  let count = 0;
  const sqlOf = (one: Filter, level: number): string => {
    if (level > MOST_LEVELS) throw tooLarge(`${MOST_LEVELS} levels`);
    const parts = ownConditions(one);
    count += Math.max(1, parts.length);
    if (count > MOST_CONDITIONS) throw tooLarge(`${MOST_CONDITIONS} conditions`);
    for (const part of one.and ?? []) parts.push(sqlOf(part, level + 1));
    if (one.or != null) {
      const alternatives = one.or.map((part) => sqlOf(part, level + 1));
      parts.push(alternatives.length === 0 ? 'false' : `(${alternatives.join(' OR ')})`);
    }
    if (one.not != null) parts.push(`(${sqlOf(one.not, level + 1)}) IS NOT TRUE`);
    return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`;
  };
  return sqlOf(filter, 1);
}

function tooLarge(bound: string): WaypostError {
  return new WaypostError('BAD_ARGUMENT', [`"filter" has more than ${bound}. Use "in" for many values, or ask twice.`]);
}

/** `%`, `_` and `\` stand for themselves. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
