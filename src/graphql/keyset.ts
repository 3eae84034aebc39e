import type { CursorValues } from '../kernel/cursor.js';
import { CursorError, decodeCursor, encodeCursor } from '../kernel/cursor.js';
import { fnv1a } from '../kernel/fnv.js';
import type { SqlParameters } from './filter-sql.js';

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
  /**
   * Condition of the rows behind the cursor that the page starts from: at or before `after` going forward, at or after
   * `before` going backward. undefined when it starts at an end, where nothing can lie behind it.
   */
  readonly behind: string | undefined;
  readonly orderBy: string;
  /** One more than the page, to know whether anything follows. */
  readonly limit: number;
}

type Side = 'after' | 'before';

/**
 * SQL of one page; its values are added to `parameters`.
 * @throws CursorError when `after` or `before` is not a cursor of an order by these columns.
 */
export function keysetSql(columns: readonly SortColumn[], page: KeysetPage, parameters: SqlParameters): KeysetSql {
  const conditions = (['after', 'before'] as const).flatMap((side) => {
    const cursor = page[side];
    return cursor === undefined ? [] : [{ side, ...sidesOf(columns, readCursor(cursor, columns), side, parameters) }];
  });
  const start = page.backward ? 'before' : 'after';
  return {
    where: conditions.map(({ beyond }) => beyond),
    behind: conditions.find(({ side }) => side === start)?.rest,
    orderBy: orderBy(columns, page.backward),
    limit: page.size + 1,
  };
}

export interface KeysetRows<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * Puts the rows that `keysetSql` asked for into list order, and tells what lies beyond them.
 * Relay's HasNextPage and HasPreviousPage: ahead of the page, what its `after` and `before` leave over; behind it,
 * whatever the list has there.
 */
export function takePage<Row>(rows: readonly Row[], page: KeysetPage, hasRowsBehind: boolean): KeysetRows<Row> {
  const more = rows.length > page.size;
  const kept = rows.slice(0, page.size);
  if (!page.backward) return { rows: kept, hasNextPage: more, hasPreviousPage: hasRowsBehind };
  return { rows: kept.reverse(), hasNextPage: hasRowsBehind, hasPreviousPage: more };
}

export function rowCursor(columns: readonly SortColumn[], values: readonly (Date | string | number | null)[]): string {
  const scalars: CursorValues = values.map((value) => (value instanceof Date ? value.toISOString() : value));
  return encodeCursor([orderName(columns), ...scalars]);
}

function readCursor(cursor: string, columns: readonly SortColumn[]): CursorValues {
  const [name, ...values] = decodeCursor(cursor, columns.length + 1);
  const isOfThisOrder = name === orderName(columns);
  if (isOfThisOrder && columns.every(({ nullable }, index) => nullable || values[index] !== null)) return values;
  throw new CursorError(`"${cursor}" is a cursor of another list or order. Begin again without it.`);
}

/** Tells the orders of a list apart: a cursor of one would be a wrong place in another. */
function orderName(columns: readonly SortColumn[]): string {
  return fnv1a(columns.map(({ sql }) => sql).join(' ')).toString(36);
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

/** Conditions of the rows strictly on one side of the cursor, and of all the others. */
function sidesOf(
  columns: readonly SortColumn[],
  values: CursorValues,
  side: Side,
  parameters: SqlParameters,
): { readonly beyond: string; readonly rest: string } {
  const placed = columns.map((column, index) => ({
    column,
    value: values[index] ?? null,
    sql: `${parameters.place(values[index] ?? null)}::${column.type}`,
  }));
  const [head] = columns;
  const sameDirection = columns.every((column) => column.descending === head?.descending);
  if (sameDirection && columns.every((column) => !column.nullable)) {
    // A row comparison, which an index on the same columns answers directly.
    const isGreater = (side === 'after') !== (head?.descending ?? false);
    const left = columns.map((column) => column.sql).join(', ');
    const right = placed.map(({ sql }) => sql).join(', ');
    return {
      beyond: `(${left}) ${isGreater ? '>' : '<'} (${right})`,
      rest: `(${left}) ${isGreater ? '<=' : '>='} (${right})`,
    };
  }
  const alternatives = placed.map((one, index) => {
    const ties = placed.slice(0, index).map((tied) => `${tied.column.sql} IS NOT DISTINCT FROM ${tied.sql}`);
    return `(${[...ties, strictlyBeyond(one.column, one.value, one.sql, side)].join(' AND ')})`;
  });
  const beyond = `(${alternatives.join(' OR ')})`;
  return { beyond, rest: `${beyond} IS NOT TRUE` };
}

function strictlyBeyond(column: SortColumn, value: CursorValues[number], sql: string, side: Side): string {
  if (value === null) return side === 'after' ? 'false' : `${column.sql} IS NOT NULL`;
  const compared = `${column.sql} ${(side === 'after') === column.descending ? '<' : '>'} ${sql}`;
  return side === 'after' && column.nullable ? `(${compared} OR ${column.sql} IS NULL)` : compared;
}
