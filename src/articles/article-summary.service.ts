import type { DataSource } from 'typeorm';
import { ArticleEntity } from './article.entity.js';

/** An article without the columns that may be large: those are read by loaders, when a query asks for them. */
export type ArticleSummary = Omit<
  ArticleEntity,
  'file' | 'fileHash' | 'source' | 'compiled' | 'contentHash' | 'revisedBy'
>;

export const SUMMARY_COLUMNS = [
  'id',
  'path',
  'locale',
  'slug',
  'title',
  'description',
  'canonicalUrl',
  'sourceLine',
  'isTrusted',
  'params',
  'diagnostics',
  'status',
  'revision',
  'contentChangeCauseKind',
  'contentChangeCauseKey',
  'createdAt',
  'updatedAt',
  'contentUpdatedAt',
  'publishedAt',
  'firstPublishedAt',
  'expiresAt',
] as const satisfies readonly (keyof ArticleSummary)[];

export interface SummaryReader {
  /** The columns, for a SELECT of more than articles. */
  readonly sql: string;
  /** @returns undefined where an outer join found no article. */
  readonly read: (row: Readonly<Record<string, unknown>>) => ArticleSummary | undefined;
}

/** Reads summaries of a statement that joins articles under the name `article`. */
export function summaryReader(dataSource: DataSource): SummaryReader {
  const names: readonly string[] = SUMMARY_COLUMNS;
  const columns = dataSource.getMetadata(ArticleEntity).columns.filter((column) => names.includes(column.propertyName));
  return {
    sql: columns.map(({ databaseName }) => `article."${databaseName}" AS "article_${databaseName}"`).join(', '),
    read: (row) => {
      if (row['article_id'] == null) return undefined;
      const article = new ArticleEntity();
      for (const column of columns) column.setEntityValue(article, row[`article_${column.databaseName}`]);
      return article;
    },
  };
}
