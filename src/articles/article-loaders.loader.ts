import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { DataSource } from 'typeorm';
import { PartnersService } from '../partners/partners.service.js';
import type { PartnerEntity } from '../partners/partner.entity.js';
import { TagEntity } from '../tags/tag.entity.js';
import type { StoredBody } from './compile-article.js';
import { PlacementEntity } from './placement.entity.js';

/** The columns of an article that may be large. */
export interface ArticleBody {
  readonly id: string;
  readonly source: string;
  readonly compiled: StoredBody;
}

export interface ArticleLoaders {
  readonly body: DataLoader<string, ArticleBody | undefined>;
  readonly tags: DataLoader<string, TagEntity[]>;
  readonly placements: DataLoader<string, PlacementEntity[]>;
  readonly partner: DataLoader<string, PartnerEntity | undefined>;
}

/** One set of loaders per GraphQL context, so that the number of statements does not depend on the number of articles. */
@Injectable()
export class ArticleLoadersService {
  private readonly loaders = new WeakMap<object, ArticleLoaders>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly partners: PartnersService,
  ) {}

  of(context: object): ArticleLoaders {
    let loaders = this.loaders.get(context);
    if (!loaders) {
      loaders = {
        body: new DataLoader((ids) => this.loadBodies(ids)),
        tags: new DataLoader((ids) => this.loadTags(ids)),
        placements: new DataLoader((ids) => this.loadPlacements(ids)),
        partner: new DataLoader((keys) => this.loadPartners(keys)),
      };
      this.loaders.set(context, loaders);
    }
    return loaders;
  }

  private async loadBodies(ids: readonly string[]): Promise<(ArticleBody | undefined)[]> {
    const rows = await this.dataSource.query<ArticleBody[]>(
      `SELECT id, source, compiled FROM waypost.articles WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
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
    const byKey = new Map((await this.partners.findPartners(keys)).map((partner) => [partner.key, partner]));
    return keys.map((key) => byKey.get(key));
  }
}

function grouped<Row>(ids: readonly string[], rows: readonly Row[], idOf: (row: Row) => string): Row[][] {
  const groups = new Map<string, Row[]>(ids.map((id) => [id, []]));
  for (const row of rows) groups.get(idOf(row))?.push(row);
  return ids.map((id) => groups.get(id) ?? []);
}
