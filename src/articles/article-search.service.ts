import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Connection, Page } from '../graphql/connection.type.js';
import { filterSql, SqlParameters } from '../graphql/filter-sql.js';
import type { KeysetSql, SortColumn } from '../graphql/keyset.js';
import { keysetSql, rowCursor, takePage } from '../graphql/keyset.js';
import { CursorError } from '../kernel/cursor.js';
import { WaypostError } from '../kernel/errors.js';
import { articleConditionsSql, checkSearch, PUBLIC_SQL } from './article-query.js';
import type { ArticleSummary } from './article-summary.service.js';
import { summaryReader } from './article-summary.service.js';
import type { ArticleFilter } from './article.input.js';
import { highlightHtml, MATCH_END, MATCH_START } from './search-highlight.js';

export interface FoundMatch {
  readonly article: ArticleSummary;
  readonly rank: number;
  readonly titleHtml: string;
  readonly snippetHtml: string;
}

/** Best first; where two fit as well the newer id decides. */
const ORDER: readonly SortColumn[] = [
  { sql: 'match.rank', type: 'double precision', descending: true, nullable: false },
  { sql: 'article.id', type: 'uuid', descending: true, nullable: false },
];

const MARKERS = `StartSel=${MATCH_START}, StopSel=${MATCH_END}`;
const WHOLE = `${MARKERS}, HighlightAll=true`;
const PASSAGES = `${MARKERS}, MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=" … "`;

type MatchRow = Readonly<Record<string, unknown>> & {
  readonly rank: number;
  /** null where nobody asks for it. */
  readonly title: string | null;
  readonly passages: string | null;
};

/** Which highlights are made: each costs a look at its whole text. */
export interface Highlights {
  readonly title: boolean;
  readonly snippet: boolean;
}

@Injectable()
export class ArticleSearchService {
  constructor(private readonly dataSource: DataSource) {}

  /** One statement; `totalCount` is a second one. @throws WaypostError BAD_ARGUMENT. */
  async search(
    search: string,
    page: Page,
    includeHidden: boolean,
    filter?: ArticleFilter | null,
    highlights: Highlights = { title: true, snippet: true },
  ): Promise<Connection<FoundMatch>> {
    const parameters = new SqlParameters();
    const asked = parameters.place(checkSearch(search));
    const where = [includeHidden ? 'true' : PUBLIC_SQL];
    if (filter) where.push(filterSql(filter, (part) => articleConditionsSql(part, parameters)));
    const found = `FROM waypost.search_articles(${asked}) match JOIN waypost.articles article ON article.id = match.article_id
                  WHERE ${where.join(' AND ')}`;
    const countValues = [...parameters.values];
    const keyset = readKeyset(page, parameters);
    const reader = summaryReader(this.dataSource);
    const rows = await this.dataSource.query<(MatchRow & { readonly behind: boolean })[]>(
      this.pageSql(found, keyset, reader.sql, asked, highlights),
      [...parameters.values],
    );
    const matches = rows.flatMap((row) => {
      const article = reader.read(row);
      if (!article) return [];
      const { rank, title, passages } = row;
      return [{ article, rank, titleHtml: highlightHtml(title ?? ''), snippetHtml: highlightHtml(passages ?? '') }];
    });
    const taken = takePage(matches, page, rows[0]?.behind ?? false);
    const edges = taken.rows.map((node) => ({ node, cursor: rowCursor(ORDER, [node.rank, node.article.id]) }));
    const count = async (): Promise<number> => {
      const sql = `SELECT count(*)::integer AS count ${found}`;
      const [total] = await this.dataSource.query<{ count: number }[]>(sql, countValues);
      return total?.count ?? 0;
    };
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
        return count();
      },
    };
  }

  /**
   * Highlights are made of the page alone. An empty page is a row without an article, so that it can say what lies behind.
   */
  private pageSql(
    found: string,
    keyset: KeysetSql,
    columns: string,
    asked: string,
    { title, snippet }: Highlights,
  ): string {
    const behind = keyset.behind === undefined ? 'false' : `EXISTS (SELECT 1 ${found} AND ${keyset.behind})`;
    const headline = (text: string, options: string): string =>
      `ts_headline(query.language, ${text}, websearch_to_tsquery(query.language, ${asked}), '${options}')`;
    const plain = (text: string): string => `translate(${text}, '${MATCH_START}${MATCH_END}', '')`;
    const passages = `concat_ws(' … ', ${plain('article.description')}, written.text)`;
    return `
      WITH page AS MATERIALIZED (
        SELECT article.id, match.rank, row_number() OVER (ORDER BY ${keyset.orderBy}) AS place ${found}
        ${keyset.where.map((condition) => `AND ${condition}`).join(' ')} ORDER BY ${keyset.orderBy} LIMIT ${keyset.limit})
      SELECT ${columns}, page.rank, start.behind,
             ${title ? headline(plain('article.title'), WHOLE) : 'NULL'} AS title,
             ${snippet ? headline(passages, PASSAGES) : 'NULL'} AS passages
        FROM (SELECT ${behind} AS behind) AS start LEFT JOIN page ON true
        LEFT JOIN waypost.articles article ON article.id = page.id
        LEFT JOIN waypost.article_texts written ON written.article_id = page.id
        CROSS JOIN LATERAL (SELECT ('pg_catalog.' || written.language)::regconfig AS language) AS query
       ORDER BY page.place`;
  }
}

function readKeyset(page: Page, parameters: SqlParameters): KeysetSql {
  try {
    return keysetSql(ORDER, page, parameters);
  } catch (error) {
    if (error instanceof CursorError) throw new WaypostError('BAD_ARGUMENT', [error.message], { cause: error });
    throw error;
  }
}
