import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { plannedOnce } from '../database/preparing-client.datasource.js';
import { CursorError } from '../kernel/cursor.js';
import { WaypostError } from '../kernel/errors.js';
import type { Connection, Page } from './connection.type.js';
import type { SqlParameters } from './filter-sql.js';
import type { KeysetSql, SortColumn } from './keyset.js';
import { keysetSql, rowCursor, takePage } from './keyset.js';

export interface PageQuery<Row extends ObjectLiteral> {
  readonly entity: EntityTarget<Row>;
  /** Name under which the conditions and columns speak of the table. */
  readonly alias: string;
  /** SQL condition; its values stand in `parameters`. */
  readonly where: string;
  readonly parameters: SqlParameters;
  readonly columns: readonly SortColumn[];
  /** The values of `columns` in a row, for its cursor. */
  readonly sortValues: (row: Row) => readonly (Date | string | number | null)[];
  readonly page: Page;
  /** Properties to read. Default: all columns of the entity. */
  readonly select?: readonly (keyof Row & string)[];
  /** Whether its plan is the same for all values, as that of an index that gives the order and finds the place in it. */
  readonly isPlannedOnce?: boolean;
  /** SQL expressions to read along, by the name that their value has. */
  readonly along?: Readonly<Record<string, string>>;
  /** Takes the values of `along` of a row that is on the page. */
  readonly onRow?: (row: Row, values: Readonly<Record<string, unknown>>) => void;
}

/** The same page of many lists: one for each parent. */
export interface PagesQuery<Row extends ObjectLiteral> extends PageQuery<Row> {
  /** `where` speaks of them as `parent.id`, a uuid. */
  readonly parentIds: readonly string[];
}

/**
 * Reads one page with one statement. `totalCount` is a second one, run only when asked for; what lies behind a page without
 * rows is asked for by another one.
 * @throws WaypostError BAD_ARGUMENT for a cursor that is not of this list.
 */
export async function findPage<Row extends ObjectLiteral>(
  dataSource: DataSource,
  query: PageQuery<Row>,
): Promise<Connection<Row>> {
  const [page] = await readPages(dataSource, query, undefined, 1);
  return page as Connection<Row>;
}

/** As many statements for a hundred parents as for one. In the order of the parents. */
export async function findPages<Row extends ObjectLiteral>(
  dataSource: DataSource,
  query: PagesQuery<Row>,
): Promise<Connection<Row>[]> {
  const parents = `unnest(${query.parameters.place(query.parentIds)}::uuid[]) WITH ORDINALITY AS parent (id, ordinal)`;
  return readPages(dataSource, query, parents, query.parentIds.length);
}

const ONE_PARENT = `(VALUES (1)) AS parent (ordinal)`;

interface RawRow extends Record<string, unknown> {
  /** Which parent, from 1. Absent where nobody named any. */
  readonly parent_ordinal?: number;
  /** Absent where nothing can lie behind. */
  readonly has_rows_behind?: boolean;
  /** null: the page of this parent is empty. Absent where that is no row at all. */
  readonly row_ordinal?: string | null;
}

async function readPages<Row extends ObjectLiteral>(
  dataSource: DataSource,
  query: PageQuery<Row>,
  parents: string | undefined,
  parentCount: number,
): Promise<Connection<Row>[]> {
  const countValues = [...query.parameters.values];
  const keyset = readKeyset(query);
  const metadata = dataSource.getMetadata(query.entity);
  const columns = metadata.columns.filter((column) => query.select?.includes(column.propertyName) ?? true);
  const from = `FROM ${metadata.tablePath} ${query.alias}`;
  const read = (of: string | undefined): Promise<RawRow[]> => {
    const sql = pagesSql(query, keyset, columns, from, of);
    return dataSource.query<RawRow[]>(query.isPlannedOnce ? plannedOnce(sql) : sql, [...query.parameters.values]);
  };
  let raw = await read(parents);
  if (parents === undefined && raw.length === 0 && keyset.behind !== undefined) raw = await read(ONE_PARENT);
  const rawByParent = Array.from({ length: parentCount }, (): RawRow[] => []);
  for (const row of raw) rawByParent[(row.parent_ordinal ?? 1) - 1]?.push(row);
  const countAll = once(async () => {
    const sql = `SELECT (SELECT count(*) ${from} WHERE ${query.where})::integer AS count
                   FROM ${parents ?? ONE_PARENT} ORDER BY parent.ordinal`;
    return dataSource.query<{ count: number }[]>(sql, countValues);
  });
  return rawByParent.map((rows, index) =>
    connectionOf(query, columns, rows, async () => (await countAll())[index]?.count ?? 0),
  );
}

/** Before the names of what is read along, so that none is that of a column. */
const ALONG = 'along_';

/**
 * That something lies behind the page is asked in the same statement, so that it is true of the same moment. Of many parents
 * there is a row for each row of each page, and one for an empty page.
 */
function pagesSql<Row extends ObjectLiteral>(
  query: PageQuery<Row>,
  keyset: KeysetSql,
  columns: readonly ColumnMetadata[],
  from: string,
  parents: string | undefined,
): string {
  const { alias, where, along = {} } = query;
  const selected = [
    ...columns.map((column) => `${alias}."${column.databaseName}"`),
    ...Object.entries(along).map(([name, sql]) => `${sql} AS "${ALONG}${name}"`),
  ].join(', ');
  const rows = `${from} WHERE ${[where, ...keyset.where].join(' AND ')} ORDER BY ${keyset.orderBy} LIMIT ${keyset.limit}`;
  const { behind = 'false' } = keyset;
  if (parents !== undefined) {
    return `
    SELECT parent.ordinal::integer AS parent_ordinal, EXISTS (SELECT 1 ${from} WHERE ${where} AND ${behind}) AS has_rows_behind, page.*
      FROM ${parents} LEFT JOIN LATERAL (
        SELECT row_number() OVER () AS row_ordinal, listed.* FROM (SELECT ${selected} ${rows}) AS listed
      ) AS page ON true
     ORDER BY parent_ordinal, row_ordinal`;
  }
  if (behind === 'false') return `SELECT ${selected} ${rows}`;
  // In the order of the list, the first of all rows lies behind, if any does: an index finds it at once.
  const firstBehind = `SELECT true ${from} WHERE ${where} AND ${behind} ORDER BY ${keyset.orderBy} LIMIT 1`;
  return `SELECT ${selected}, coalesce((${firstBehind}), false) AS has_rows_behind ${rows}`;
}

function connectionOf<Row extends ObjectLiteral>(
  query: PageQuery<Row>,
  columns: readonly ColumnMetadata[],
  raw: readonly RawRow[],
  count: () => Promise<number>,
): Connection<Row> {
  const rows = raw.flatMap((values) => {
    if (values.row_ordinal === null) return [];
    const row = entityOf(columns, values) as Row;
    if (query.onRow) query.onRow(row, valuesAlong(query.along, values));
    return [row];
  });
  const taken = takePage(rows, query.page, raw[0]?.has_rows_behind ?? false);
  const cursorOf = (node: Row): string => rowCursor(query.columns, query.sortValues(node));
  const [first, last] = [taken.rows[0], taken.rows.at(-1)];
  return {
    // Most queries ask for nodes alone, and cursors are the dearest part.
    get edges() {
      return taken.rows.map((node) => ({ node, cursor: cursorOf(node) }));
    },
    nodes: taken.rows,
    pageInfo: {
      hasNextPage: taken.hasNextPage,
      hasPreviousPage: taken.hasPreviousPage,
      get startCursor() {
        return first ? cursorOf(first) : null;
      },
      get endCursor() {
        return last ? cursorOf(last) : null;
      },
    },
    get totalCount() {
      return count();
    },
  };
}

function entityOf(columns: readonly ColumnMetadata[], values: RawRow): ObjectLiteral {
  const row: ObjectLiteral = {};
  for (const { propertyName, databaseName } of columns) row[propertyName] = values[databaseName];
  return row;
}

function valuesAlong(along: Readonly<Record<string, string>> = {}, values: RawRow): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(along)) found[name] = values[ALONG + name];
  return found;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined;
  return () => (promise ??= work());
}

function readKeyset<Row extends ObjectLiteral>(query: PageQuery<Row>): KeysetSql {
  try {
    return keysetSql(query.columns, query.page, query.parameters);
  } catch (error) {
    if (error instanceof CursorError) throw new WaypostError('BAD_ARGUMENT', [error.message], { cause: error });
    throw error;
  }
}
