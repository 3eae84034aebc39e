import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../auth/access.guard.js';
import { WaypostError } from '../kernel/errors.js';
import { PerContext } from '../kernel/per-context.js';
import { PUBLIC_SQL } from './article-query.js';
import type { ArticleSummary } from './article-summary.service.js';
import { summaryReader } from './article-summary.service.js';

const MOST_RELATED = 20;

/** Published before it, in the same language; where two share a moment the id decides, as in lists. */
const PREVIOUS = `
  SELECT article.*, 1 AS place FROM waypost.articles article
   WHERE ${PUBLIC_SQL} AND article.locale = self.locale AND (article.published_at, article.id) < (self.published_at, self.id)
   ORDER BY article.published_at DESC, article.id DESC LIMIT 1`;

const NEXT = `
  SELECT article.*, 1 AS place FROM waypost.articles article
   WHERE ${PUBLIC_SQL} AND article.locale = self.locale AND (article.published_at, article.id) > (self.published_at, self.id)
   ORDER BY article.published_at, article.id LIMIT 1`;

/**
 * A tag that few articles have says more than one that many have. Added up in one order: in another the last bit of a sum may
 * differ, and what shares the same tags would not be the same.
 */
const related = (most: number): string => `
  SELECT article.*, row_number() OVER (ORDER BY shared.score DESC, article.published_at DESC, article.id DESC) AS place
    FROM (SELECT other.article_id, sum(1 / ln(1 + spread.articles) ORDER BY spread.articles) AS score
            FROM waypost.article_tags mine
            JOIN spread ON spread.tag_id = mine.tag_id
            JOIN waypost.article_tags other ON other.tag_id = mine.tag_id AND other.article_id <> mine.article_id
           WHERE mine.article_id = self.id GROUP BY other.article_id) AS shared
    JOIN waypost.articles article ON article.id = shared.article_id
   WHERE ${PUBLIC_SQL} AND article.locale = self.locale
   ORDER BY place LIMIT ${most}`;

/**
 * How many published articles have each tag of the articles in question: the order of what is related may not tell of others.
 * At least two, for the logarithm.
 */
const SPREAD = `
  SELECT link.tag_id, greatest(count(*), 2)::double precision AS articles FROM waypost.article_tags link
    JOIN waypost.articles article ON article.id = link.article_id
   WHERE ${PUBLIC_SQL} AND link.tag_id IN (SELECT tag_id FROM waypost.article_tags WHERE article_id = ANY($1::uuid[])) GROUP BY link.tag_id`;

type Loader = DataLoader<string, ArticleSummary[]>;

/** Published articles around an article. One statement for each kind, for however many articles a query asks. */
@Injectable()
export class ArticleNeighboursService {
  private readonly loaders = new PerContext(() => new Map<string, Loader>());

  constructor(private readonly dataSource: DataSource) {}

  async previous(article: ArticleSummary, context: RequestContext): Promise<ArticleSummary | undefined> {
    return (await this.load(PREVIOUS, article, context))[0];
  }

  async next(article: ArticleSummary, context: RequestContext): Promise<ArticleSummary | undefined> {
    return (await this.load(NEXT, article, context))[0];
  }

  /** Best first. @throws WaypostError BAD_ARGUMENT. */
  related(article: ArticleSummary, first: number, context: RequestContext): Promise<ArticleSummary[]> {
    if (first < 1 || first > MOST_RELATED) {
      throw new WaypostError('BAD_ARGUMENT', [`"first" is ${first}. Write a number from 1 to ${MOST_RELATED}.`]);
    }
    return this.load(related(first), article, context);
  }

  private load(neighbours: string, { id }: ArticleSummary, context: RequestContext): Promise<ArticleSummary[]> {
    const loaders = this.loaders.of(context);
    const loader = loaders.get(neighbours) ?? new DataLoader((ids: readonly string[]) => this.read(neighbours, ids));
    loaders.set(neighbours, loader);
    return loader.load(id);
  }

  private async read(neighbours: string, ids: readonly string[]): Promise<ArticleSummary[][]> {
    const reader = summaryReader(this.dataSource);
    const rows = await this.dataSource.query<(Readonly<Record<string, unknown>> & { readonly selfId: string })[]>(
      `WITH spread AS MATERIALIZED (${SPREAD})
       SELECT self.id AS "selfId", ${reader.sql}
         FROM waypost.articles self CROSS JOIN LATERAL (${neighbours}) AS article
        WHERE self.id = ANY($1::uuid[]) ORDER BY self.id, article.place`,
      [ids],
    );
    return ids.map((id) => rows.filter(({ selfId }) => selfId === id).flatMap((row) => reader.read(row) ?? []));
  }
}
