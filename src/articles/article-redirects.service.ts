import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { PUBLIC_SQL } from './article-query.js';
import type { ArticleSummary } from './article-summary.service.js';
import { ArticlesService } from './articles.service.js';
import { FormerAddressEntity } from './former-address.entity.js';

export interface ArticleRedirectFacts {
  readonly fromPath: string;
  readonly toPath: string;
  readonly locale: string;
  readonly article: ArticleSummary;
}

/** SQL condition: readers found an article there once, that they find elsewhere now. */
const LEADS_SOMEWHERE = (former: string): string => `${former}.was_public AND EXISTS (
  SELECT FROM waypost.articles article
   WHERE article.id = ${former}.article_id AND ${PUBLIC_SQL}
     AND (article.path, article.locale) <> (${former}.path, ${former}.locale))`;

/** Where two articles stood at one path the last one has it; and an article that stands there now has it before both. */
const WHERE = `${LEADS_SOMEWHERE('former')}
  AND NOT EXISTS (SELECT FROM waypost.articles article
                   WHERE article.path = former.path AND article.locale = former.locale AND ${PUBLIC_SQL})
  AND NOT EXISTS (SELECT FROM waypost.former_addresses later
                   WHERE later.path = former.path AND later.locale = former.locale
                     AND (later.left_at, later.article_id, later.slug) > (former.left_at, former.article_id, former.slug)
                     AND ${LEADS_SOMEWHERE('later')})`;

/** The paths at which readers found something that stands elsewhere now. */
@Injectable()
export class ArticleRedirectsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly articles: ArticlesService,
  ) {}

  /** By path. What is withdrawn while the page is read is left out. */
  async listRedirects(page: Page): Promise<Connection<ArticleRedirectFacts>> {
    const former = await findPage<FormerAddressEntity>(this.dataSource, {
      entity: FormerAddressEntity,
      alias: 'former',
      where: WHERE,
      parameters: new SqlParameters(),
      columns: [
        { sql: 'former.path', type: 'text', descending: false, nullable: false },
        { sql: 'former.locale', type: 'text', descending: false, nullable: false },
      ],
      sortValues: ({ path, locale }) => [path, locale],
      page,
    });
    const articles = await this.articles.findArticles([...new Set(former.nodes.map((node) => node.articleId))], false);
    const edges = former.edges.flatMap(({ node: { path, locale, articleId }, cursor }) => {
      const article = articles.find(({ id }) => id === articleId);
      return article ? [{ cursor, node: { fromPath: path, toPath: article.path, locale, article } }] : [];
    });
    return {
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: former.pageInfo,
      get totalCount() {
        return former.totalCount;
      },
    };
  }
}
