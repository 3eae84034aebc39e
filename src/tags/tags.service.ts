import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { termSlug } from '../front-matter/hugo-url.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { tagIdOf } from './tag-slugs.js';
import { TagEntity } from './tag.entity.js';

/**
 * SQL condition: the tag stands on an article that anybody may see now. Asked for each tag (`OFFSET 0`) along the index
 * of its articles (`ORDER BY`), which ends at the first one; joined, it would read all articles for one tag.
 */
export const ON_PUBLIC_ARTICLE = `EXISTS (
  SELECT 1 FROM waypost.article_tags link JOIN waypost.articles article ON article.id = link.article_id
   WHERE link.tag_id = tag.id AND article.status = 'published' AND article.published_at <= now()
     AND (article.expires_at IS NULL OR article.expires_at > now())
   ORDER BY link.article_id OFFSET 0 LIMIT 1)`;

@Injectable()
export class TagsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Also by a former slug. `includeHidden`: also tags that stand on no published article. */
  async findTag(slug: string, includeHidden: boolean): Promise<TagEntity | undefined> {
    const query = this.dataSource.createQueryBuilder(TagEntity, 'tag').where(`tag.id = ${tagIdOf(':slug')}`, { slug });
    if (!includeHidden) query.andWhere(ON_PUBLIC_ARTICLE);
    return (await query.getOne()) ?? undefined;
  }

  /** Those of these ids that are there, in no order. `includeHidden` as in `findTag`. */
  findTags(ids: readonly string[], includeHidden: boolean): Promise<TagEntity[]> {
    const query = this.dataSource.createQueryBuilder(TagEntity, 'tag').where('tag.id = ANY(:ids::uuid[])', { ids });
    if (!includeHidden) query.andWhere(ON_PUBLIC_ARTICLE);
    return query.getMany();
  }

  listTags(page: Page, includeHidden: boolean): Promise<Connection<TagEntity>> {
    return findPage<TagEntity>(this.dataSource, {
      entity: TagEntity,
      alias: 'tag',
      where: includeHidden ? 'true' : ON_PUBLIC_ARTICLE,
      parameters: new SqlParameters(),
      columns: [
        { sql: 'tag.slug', type: 'text', descending: false, nullable: false },
        { sql: 'tag.id', type: 'uuid', descending: false, nullable: false },
      ],
      sortValues: (tag) => [tag.slug, tag.id],
      page,
    });
  }

  /**
   * The tags with these names, by slug; those that do not exist yet are made. A name that a tag had leads to it.
   * Safe beside other writers: the unique slug decides. Slugs are sorted first, so that two writers cannot deadlock.
   */
  async ensureTags(manager: EntityManager, names: readonly string[]): Promise<ReadonlyMap<string, TagEntity>> {
    const nameBySlug = new Map<string, string>();
    for (const name of names) {
      const slug = termSlug(name);
      if (slug !== '' && !nameBySlug.has(slug)) nameBySlug.set(slug, name);
    }
    if (nameBySlug.size === 0) return new Map();
    const sorted = [...nameBySlug].sort(([left], [right]) => (left < right ? -1 : 1));
    await manager.query(
      `INSERT INTO waypost.tags (slug, name)
       SELECT slug, name FROM unnest($1::text[], $2::text[]) AS wanted (slug, name)
        WHERE NOT EXISTS (SELECT FROM waypost.tag_aliases alias JOIN waypost.tags tag ON tag.id = alias.tag_id
                           WHERE alias.slug = wanted.slug)
       ON CONFLICT (slug) DO NOTHING`,
      [sorted.map(([slug]) => slug), sorted.map(([, name]) => name)],
    );
    return this.findByAnySlug(manager, [...nameBySlug.keys()]);
  }

  /** By the slug that was asked for. A tag that has it wins over one that had it. */
  private async findByAnySlug(
    manager: EntityManager,
    slugs: readonly string[],
  ): Promise<ReadonlyMap<string, TagEntity>> {
    const aliases = await manager.query<{ slug: string; tagId: string }[]>(
      `SELECT slug, tag_id AS "tagId" FROM waypost.tag_aliases WHERE slug = ANY($1)`,
      [slugs],
    );
    const tags = await manager
      .createQueryBuilder(TagEntity, 'tag')
      .where('tag.slug = ANY(:slugs) OR tag.id = ANY(:ids::uuid[])', { slugs, ids: aliases.map(({ tagId }) => tagId) })
      .getMany();
    const byId = new Map(tags.map((tag) => [tag.id, tag]));
    const found = new Map<string, TagEntity>();
    for (const { slug, tagId } of aliases) {
      const tag = byId.get(tagId);
      if (tag) found.set(slug, tag);
    }
    for (const tag of tags) found.set(tag.slug, tag);
    return found;
  }
}
