import type { CursorValues } from '../kernel/cursor.js';
import { decodeCursor, encodeCursor } from '../kernel/cursor.js';

/** One column of an order. The last column of an order must be unique (an id). Nulls stand last in both directions. */
export interface SortColumn {
  /** SQL expression, such as `article.published_at`. Never made from input. */
  readonly sql: string;
  /** Postgres type of the column: cursor values come as text and are cast to it. */
  readonly type: 'text' | 'uuid' | 'timestamptz' | 'integer' | 'double precision';
  readonly descending: boolean;
  readonly nullable: boolean;
}

export interface KeysetPage {
  readonly size: number;
  readonly backward: boolean;
  readonly after?: string;
  readonly before?: string;
}

export interface KeysetSql {
  /** Conditions to be joined with AND; empty when the page starts at an end of the list. */
  readonly where: readonly string[];
  readonly parameters: readonly unknown[];
  readonly orderBy: string;
  /** One more than the page, to know whether anything follows. */
  readonly limit: number;
}

/**
 * SQL of one page. `firstParameter` is the number of the first `$n` it may use.
 * @throws CursorError when `after` or `before` is not a cursor of an order with these columns.
 */
export function keysetSql(columns: readonly SortColumn[], page: KeysetPage, firstParameter: number): KeysetSql {
  const parameters: unknown[] = [];
  const place = (value: unknown): string => {
    parameters.push(value);
    return `$${firstParameter + parameters.length - 1}`;
  };
  const where: string[] = [];
  for (const [cursor, side] of [
    [page.after, 'after'],
    [page.before, 'before'],
  ] as const) {
    if (cursor === undefined) continue;
    where.push(beyond(columns, decodeCursor(cursor, columns.length), side, place));
  }
  return { where, parameters, orderBy: orderBy(columns, page.backward), limit: page.size + 1 };
}

export interface KeysetRows<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Puts the rows that `keysetSql` asked for into list order, and tells what lies beyond them. */
export function takePage<Row>(rows: readonly Row[], page: KeysetPage): KeysetRows<Row> {
  const more = rows.length > page.size;
  const kept = rows.slice(0, page.size);
  if (!page.backward) return { rows: kept, hasNextPage: more, hasPreviousPage: page.after !== undefined };
  return { rows: kept.reverse(), hasNextPage: page.before !== undefined, hasPreviousPage: more };
}

export function rowCursor(values: readonly (Date | string | number | null)[]): string {
  const scalars: CursorValues = values.map((value) => (value instanceof Date ? value.toISOString() : value));
  return encodeCursor(scalars);
}

function orderBy(columns: readonly SortColumn[], backward: boolean): string {
  return columns
    .map(({ sql, descending, nullable }) => {
      const direction = descending === backward ? 'ASC' : 'DESC';
      if (!nullable) return `${sql} ${direction}`;
      return `${sql} ${direction} NULLS ${backward ? 'FIRST' : 'LAST'}`;
    })
    .join(', ');
}

/** Rows strictly on one side of the cursor. */
function beyond(
  columns: readonly SortColumn[],
  values: CursorValues,
  side: 'after' | 'before',
  place: (value: unknown) => string,
): string {
  const [head] = columns;
  const sameDirection = columns.every((column) => column.descending === head?.descending);
  const cast = (column: SortColumn, value: unknown) => `${place(value)}::${column.type}`;
  if (sameDirection && columns.every((column) => !column.nullable)) {
    // A row comparison, which an index on the same columns answers directly.
    const operator = (side === 'after') === (head?.descending ?? false) ? '<' : '>';
    const left = columns.map((column) => column.sql).join(', ');
    const right = columns.map((column, index) => cast(column, values[index])).join(', ');
    return `(${left}) ${operator} (${right})`;
  }
  const alternatives = columns.map((column, index) => {
    const ties = columns
      .slice(0, index)
      .map((tied, tiedIndex) => `${tied.sql} IS NOT DISTINCT FROM ${cast(tied, values[tiedIndex])}`);
    return [...ties, strictlyBeyond(column, values[index] ?? null, side, cast)].join(' AND ');
  });
  return `(${alternatives.map((alternative) => `(${alternative})`).join(' OR ')})`;
}

function strictlyBeyond(
  column: SortColumn,
  value: string | number | boolean | null,
  side: 'after' | 'before',
  cast: (column: SortColumn, value: unknown) => string,
): string {
  if (value === null) return side === 'after' ? 'false' : `${column.sql} IS NOT NULL`;
  const operator = (side === 'after') === column.descending ? '<' : '>';
  const compared = `${column.sql} ${operator} ${cast(column, value)}`;
  return side === 'after' && column.nullable ? `(${compared} OR ${column.sql} IS NULL)` : compared;
}
