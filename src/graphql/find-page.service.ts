import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { CursorError } from '../kernel/cursor.js';
import { WaypostError } from '../kernel/errors.js';
import type { Connection, Page } from './connection.type.js';
import type { SqlParameters } from './filter-sql.js';
import type { SortColumn } from './keyset.js';
import { keysetSql, rowCursor, takePage } from './keyset.js';

export interface PageQuery<Row extends ObjectLiteral> {
  readonly entity: EntityTarget<Row>;
  /** Name under which the conditions and columns speak of the table. */
  readonly alias: string;
  /** Further FROM items, such as a JOIN that the order needs. Default none. */
  readonly join?: string;
  /** SQL condition; its values stand in `parameters`. */
  readonly where: string;
  readonly parameters: SqlParameters;
  readonly columns: readonly SortColumn[];
  /** The values of `columns` in a row, for its cursor. */
  readonly sortValues: (row: Row) => readonly (Date | string | number | null)[];
  readonly page: Page;
  /** Properties to read. Default: all columns of the entity. */
  readonly select?: readonly (keyof Row & string)[];
}

/**
 * Reads one page with one statement; `totalCount` is a second one, run only when asked for.
 * @throws WaypostError BAD_ARGUMENT for a cursor that is not of this list.
 */
export async function findPage<Row extends ObjectLiteral>(
  dataSource: DataSource,
  query: PageQuery<Row>,
): Promise<Connection<Row>> {
  const { entity, alias, page, parameters } = query;
  const countValues = [...parameters.values];
  const keyset = readKeyset(query);
  const metadata = dataSource.getMetadata(entity);
  const from = `FROM ${metadata.tablePath} ${alias} ${query.join ?? ''}`;
  const columns = metadata.columns.filter((column) => query.select?.includes(column.propertyName) ?? true);
  const selected = columns.map((column) => `${alias}."${column.databaseName}"`).join(', ');
  const where = [query.where, ...keyset.where].join(' AND ');
  const raw = await dataSource.query<Record<string, unknown>[]>(
    `SELECT ${selected} ${from} WHERE ${where} ORDER BY ${keyset.orderBy} LIMIT ${keyset.limit}`,
    [...parameters.values, ...keyset.parameters],
  );
  const rows = raw.map((values) => {
    const row = {} as Row;
    for (const column of columns) column.setEntityValue(row, values[column.databaseName]);
    return row;
  });
  const taken = takePage(rows, page);
  const edges = taken.rows.map((node) => ({ node, cursor: rowCursor(query.sortValues(node)) }));
  return {
    edges,
    nodes: taken.rows,
    pageInfo: {
      hasNextPage: taken.hasNextPage,
      hasPreviousPage: taken.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    get totalCount() {
      const count = `SELECT count(*)::integer AS count ${from} WHERE ${query.where}`;
      return dataSource.query<{ count: number }[]>(count, countValues).then(([row]) => row?.count ?? 0);
    },
  };
}

function readKeyset<Row extends ObjectLiteral>(query: PageQuery<Row>) {
  try {
    return keysetSql(query.columns, query.page, query.parameters.values.length + 1);
  } catch (error) {
    if (error instanceof CursorError) throw new WaypostError('BAD_ARGUMENT', [error.message], { cause: error });
    throw error;
  }
}
