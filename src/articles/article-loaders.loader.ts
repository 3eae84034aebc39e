import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { NodesService } from '../graphql/nodes.service.js';
import { PerContext } from '../kernel/per-context.js';
import { PartnersService } from '../partners/partners.service.js';
import type { PartnerEntity } from '../partners/partner.entity.js';
import { TagEntity } from '../tags/tag.entity.js';
import { BODY_SOURCE_SQL } from './article-companions.service.js';
import type { ArticleSummary } from './article-summary.service.js';
import { ArticlesService } from './articles.service.js';
import type { StoredBody } from './compile-article.js';
import { PlacementEntity } from './placement.entity.js';

/** What rendering needs of the columns that may be large. */
export interface ArticleBody {
  readonly compiled: StoredBody;
  /** null where the compiled body is enough. */
  readonly source: string | null;
}

export type LivingPlacement = Pick<PlacementEntity, 'id' | 'partnerKey' | 'label' | 'text' | 'line' | 'column'>;

export interface ArticleLoaders {
  /** What the caller may see under an id. */
  readonly article: DataLoader<string, ArticleSummary | undefined>;
  readonly source: DataLoader<string, string | undefined>;
  readonly body: DataLoader<string, ArticleBody | undefined>;
  readonly tags: DataLoader<string, TagEntity[]>;
  readonly placements: DataLoader<string, LivingPlacement[]>;
  readonly partner: DataLoader<string, PartnerEntity | undefined>;
  /** The same page of the articles of each tag. */
  readonly pageOfTag: (page: Page) => DataLoader<string, Connection<ArticleSummary>>;
}

/** One set of loaders per GraphQL context, so that the number of statements does not depend on the number of articles. */
@Injectable()
export class ArticleLoadersService {
  private readonly loaders = new PerContext((context: RequestContext) => this.makeLoaders(context));

  constructor(
    private readonly dataSource: DataSource,
    private readonly articles: ArticlesService,
    private readonly partners: PartnersService,
    private readonly actors: ActorsService,
    nodes: NodesService,
  ) {
    nodes.register({ typeName: 'Article', find: (id, context) => this.of(context).article.load(id) });
  }

  of(context: RequestContext): ArticleLoaders {
    return this.loaders.of(context);
  }

  private makeLoaders(context: RequestContext): ArticleLoaders {
    const pagesOfTags = new Map<string, DataLoader<string, Connection<ArticleSummary>>>();
    return {
      article: new DataLoader((ids) => this.loadArticles(ids, context)),
      source: new DataLoader((ids) => this.loadSources(ids)),
      body: new DataLoader((ids) => this.loadBodies(ids)),
      tags: new DataLoader((ids) => this.loadTags(ids)),
      placements: new DataLoader((ids) => this.loadPlacements(ids)),
      partner: new DataLoader((keys) => this.loadPartners(keys)),
      pageOfTag: (page) => {
        const key = JSON.stringify(page);
        const loader =
          pagesOfTags.get(key) ??
          new DataLoader(async (tagIds: readonly string[]) =>
            this.articles.listArticlesOfTags(tagIds, page, await this.seesDrafts(context)),
          );
        pagesOfTags.set(key, loader);
        return loader;
      },
    };
  }

  private async seesDrafts(context: RequestContext): Promise<boolean> {
    return mayUse(await this.actors.getActor(context.req), 'content:read');
  }

  private async loadArticles(ids: readonly string[], context: RequestContext): Promise<(ArticleSummary | undefined)[]> {
    const found = await this.articles.findArticles(ids, await this.seesDrafts(context));
    return inOrderOf(ids, found, (article) => article.id);
  }

  private async loadSources(ids: readonly string[]): Promise<(string | undefined)[]> {
    const rows = await this.dataSource.query<{ id: string; source: string }[]>(
      `SELECT id, source FROM waypost.articles WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return inOrderOf(ids, rows, (row) => row.id).map((row) => row?.source);
  }

  private async loadBodies(ids: readonly string[]): Promise<(ArticleBody | undefined)[]> {
    const rows = await this.dataSource.query<(ArticleBody & { id: string })[]>(
      `SELECT id, compiled, ${BODY_SOURCE_SQL} AS source
         FROM waypost.articles WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return inOrderOf(ids, rows, (row) => row.id);
  }

  private async loadTags(ids: readonly string[]): Promise<TagEntity[][]> {
    const rows = await this.dataSource.query<(TagEntity & { articleId: string })[]>(
      `SELECT link.article_id AS "articleId", tag.id, tag.slug, tag.name, tag.description,
              tag.created_at AS "createdAt", tag.updated_at AS "updatedAt"
         FROM waypost.article_tags link JOIN waypost.tags tag ON tag.id = link.tag_id
        WHERE link.article_id = ANY($1::uuid[]) ORDER BY link.article_id, link.position`,
      [ids],
    );
    return grouped(ids, rows, (row) => row.articleId);
  }

  private async loadPlacements(ids: readonly string[]): Promise<PlacementEntity[][]> {
    const rows = await this.dataSource
      .createQueryBuilder(PlacementEntity, 'placement')
      .where('placement.article_id = ANY(:ids::uuid[]) AND placement.retired_at IS NULL', { ids })
      .orderBy('placement.position')
      .getMany();
    return grouped(ids, rows, (row) => row.articleId);
  }

  private async loadPartners(keys: readonly string[]): Promise<(PartnerEntity | undefined)[]> {
    return inOrderOf(keys, await this.partners.findPartners(keys), (partner) => partner.key);
  }
}

function inOrderOf<Row>(keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string) {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key));
}

function grouped<Row>(ids: readonly string[], rows: readonly Row[], idOf: (row: Row) => string): Row[][] {
  const groups = new Map<string, Row[]>(ids.map((id) => [id, []]));
  for (const row of rows) groups.get(idOf(row))?.push(row);
  return ids.map((id) => groups.get(id) ?? []);
}
