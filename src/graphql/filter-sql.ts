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
 */
export function filterSql<Filter extends Combined<Filter>>(
  filter: Filter,
  ownConditions: (filter: Filter) => string[],
): string {
  const parts = ownConditions(filter);
  for (const part of filter.and ?? []) parts.push(filterSql(part, ownConditions));
  if (filter.or != null) {
    const alternatives = filter.or.map((part) => filterSql(part, ownConditions));
    parts.push(alternatives.length === 0 ? 'false' : `(${alternatives.join(' OR ')})`);
  }
  if (filter.not != null) parts.push(`(${filterSql(filter.not, ownConditions)}) IS NOT TRUE`);
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`;
}

/** `%`, `_` and `\` stand for themselves. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
