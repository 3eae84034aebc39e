import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RetryTransactionError, TransactionsService } from '../database/transactions.service.js';
import { termSlug } from '../front-matter/hugo-url.js';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError } from '../kernel/errors.js';
import { isUuid } from '../kernel/uuid.js';
import { TagEntity } from './tag.entity.js';
import type { CreateTagInput, DeleteTagInput, MergeTagsInput, UpdateTagInput } from './tag.input.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Makes, renames, merges and deletes tags. That articles change with them is the database's doing, at the commit; so is that a
 * slug which a tag gets leads to it alone.
 */
@Injectable()
export class TagChangesService {
  constructor(private readonly transactions: TransactionsService) {}

  /** @throws RefusedError TAG_NAME_INVALID or TAG_EXISTS. */
  createTag({ name, description }: CreateTagInput): Promise<TagEntity> {
    const slug = slugOf(name);
    return this.transactions.run(async (manager) => {
      const made = await manager.query<{ id: string }[]>(
        `INSERT INTO waypost.tags (slug, name, description) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING RETURNING id`,
        [slug, name, description ?? null],
      );
      const [tag] = made;
      if (!tag) throw new RefusedError([exists(name, slug)]);
      return getTag(manager, tag.id);
    });
  }

  /** @throws RefusedError TAG_NOT_FOUND, TAG_NAME_INVALID or TAG_EXISTS. */
  updateTag({ id, name, description }: UpdateTagInput): Promise<TagEntity> {
    return this.transactions.run(async (manager) => {
      const [tag] = await lockTags(manager, [id]);
      if (!tag) throw new RefusedError([unknownTag(id, 'input.id')]);
      if (name === null) throw new RefusedError([nameRequired()]);
      const newName = name ?? tag.name;
      const slug = name === undefined || name === tag.name ? tag.slug : slugOf(name);
      if (slug !== tag.slug) await moveSlug(manager, tag, newName, slug);
      await manager.query(
        `UPDATE waypost.tags SET name = $2, slug = $3, description = $4, updated_at = now()
          WHERE id = $1 AND (name, slug, description) IS DISTINCT FROM ($2, $3, $4)`,
        [id, newName, slug, description === undefined ? tag.description : description],
      );
      return getTag(manager, id);
    });
  }

  /** @throws RefusedError TAG_NOT_FOUND or MERGE_INTO_ITSELF. */
  mergeTags({ from, into }: MergeTagsInput): Promise<TagEntity> {
    return this.transactions.run(async (manager) => {
      const [ids, staying] = [[...new Set(from.map(asStored))], asStored(into)];
      const found = new Map((await lockTags(manager, [...ids, staying].filter(isUuid))).map((tag) => [tag.id, tag]));
      const problems = [
        ...from.flatMap((id, place) => mergeProblem(asStored(id), staying, found, `input.from.${place}`) ?? []),
        ...(found.has(staying) ? [] : [unknownTag(into, 'input.into')]),
      ];
      if (problems.length > 0) throw new RefusedError(problems);
      await moveLinks(manager, ids, staying);
      await manager.query('UPDATE waypost.tag_aliases SET tag_id = $2 WHERE tag_id = ANY($1::uuid[])', [ids, staying]);
      await keepAliases(
        manager,
        ids.map((id) => found.get(id)?.slug ?? ''),
        staying,
      );
      await manager.query('DELETE FROM waypost.tags WHERE id = ANY($1::uuid[])', [ids]);
      return getTag(manager, staying);
    });
  }

  /** @throws RefusedError TAG_NOT_FOUND. */
  deleteTag({ id }: DeleteTagInput): Promise<string> {
    return this.transactions.run(async (manager) => {
      const [tag] = await lockTags(manager, [id]);
      if (!tag) throw new RefusedError([unknownTag(id, 'input.id')]);
      await manager.query('DELETE FROM waypost.tag_aliases WHERE tag_id = $1', [id]);
      await manager.query('DELETE FROM waypost.tags WHERE id = $1', [id]);
      return id;
    });
  }
}

/** In the order of ids, so that two writers cannot deadlock. */
function lockTags(manager: EntityManager, ids: readonly string[]): Promise<TagEntity[]> {
  return manager
    .createQueryBuilder(TagEntity, 'tag')
    .where('tag.id = ANY(:ids::uuid[])', { ids })
    .orderBy('tag.id')
    .setLock('pessimistic_write')
    .getMany();
}

async function getTag(manager: EntityManager, id: string): Promise<TagEntity> {
  return manager.findOneByOrFail(TagEntity, { id });
}

async function moveSlug(manager: EntityManager, tag: TagEntity, name: string, slug: string): Promise<void> {
  const [, taken] = await manager
    .query<[unknown, number]>(
      `UPDATE waypost.tags SET slug = $2 WHERE id = $1 AND NOT EXISTS (SELECT FROM waypost.tags WHERE slug = $2)`,
      [tag.id, slug],
    )
    .catch((error: unknown) => {
      // Somebody took it meanwhile: looked at again, it is taken.
      throw (error as { code?: string }).code === UNIQUE_VIOLATION ? new RetryTransactionError() : error;
    });
  if (taken === 0) throw new RefusedError([exists(name, slug)]);
  await keepAliases(manager, [tag.slug], tag.id);
}

async function keepAliases(manager: EntityManager, slugs: readonly string[], tagId: string): Promise<void> {
  await manager.query(
    `INSERT INTO waypost.tag_aliases (slug, tag_id) SELECT slug, $2::uuid FROM unnest($1::text[]) AS slug
     ON CONFLICT (slug) DO UPDATE SET tag_id = excluded.tag_id`,
    [slugs, tagId],
  );
}

/** An article that had several of them has the one that stays once, where the first of them stood. */
async function moveLinks(manager: EntityManager, from: readonly string[], into: string): Promise<void> {
  await manager.query(
    `INSERT INTO waypost.content_causes (transaction_id, kind, key, slug)
     SELECT pg_current_xact_id(), 'TAG', id::text, slug FROM waypost.tags WHERE id = $1 ON CONFLICT DO NOTHING`,
    [into],
  );
  await manager.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT article_id, $2::uuid, min(position) FROM waypost.article_tags WHERE tag_id = ANY($1::uuid[])
      GROUP BY article_id ORDER BY article_id
     ON CONFLICT DO NOTHING`,
    [from, into],
  );
}

/** Hugo's rule for terms. @throws RefusedError TAG_NAME_INVALID for a name of which nothing is left. */
function slugOf(name: string): string {
  const slug = termSlug(name);
  if (slug !== '') return slug;
  const message = `No slug can be made of the name "${name}". Use letters or digits.`;
  throw new RefusedError([{ code: 'TAG_NAME_INVALID', message, field: 'input.name' }]);
}

function exists(name: string, slug: string): UserProblem {
  return {
    code: 'TAG_EXISTS',
    message: `The name "${name}" makes the slug "${slug}", which a tag has already. Use that tag, or merge the two with mergeTags.`,
    field: 'input.name',
  };
}

function nameRequired(): UserProblem {
  return { code: 'REQUIRED', message: 'name cannot be empty. Leave it out to keep it as it is.', field: 'input.name' };
}

function unknownTag(id: string, field: string): UserProblem {
  return { code: 'TAG_NOT_FOUND', message: `No tag has the id "${id}". It may have been deleted.`, field };
}

/** A UUID is one whatever the case of its digits. */
function asStored(id: string): string {
  return id.toLowerCase();
}

function mergeProblem(
  id: string,
  staying: string,
  found: ReadonlyMap<string, TagEntity>,
  field: string,
): UserProblem | undefined {
  if (!found.has(id)) return unknownTag(id, field);
  if (id !== staying) return undefined;
  const message = 'A tag cannot be merged into itself. Leave it out of "from".';
  return { code: 'MERGE_INTO_ITSELF', message, field };
}
