import type { DataSource } from 'typeorm';
import { SqlParameters } from '../graphql/filter-sql.js';
import { PUBLIC_SQL } from './article-query.js';

export interface FormerPlace {
  readonly path?: string;
  readonly slug?: string;
  readonly locale?: string | null;
}

/**
 * The article that stood there last; without a locale the default one is preferred. Readers are told of places alone where
 * they could find it.
 */
export async function findByFormerAddress(
  dataSource: DataSource,
  { path, slug, locale }: FormerPlace,
  includeHidden: boolean,
  defaultLocale: string,
): Promise<string | undefined> {
  const parameters = new SqlParameters();
  const where = [includeHidden ? 'true' : `former.was_public AND ${PUBLIC_SQL}`];
  if (path !== undefined) where.push(`former.path = ${parameters.place(path)}`);
  if (slug !== undefined) where.push(`former.slug = ${parameters.place(slug)}`);
  if (locale != null) where.push(`former.locale = ${parameters.place(locale)}`);
  const [found] = await dataSource.query<{ id: string }[]>(
    `SELECT article.id FROM waypost.former_addresses former JOIN waypost.articles article ON article.id = former.article_id
      WHERE ${where.join(' AND ')}
      ORDER BY former.locale = ${parameters.place(defaultLocale)} DESC, former.left_at DESC, article.id LIMIT 1`,
    [...parameters.values],
  );
  return found?.id;
}
