import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { termSlug } from '../front-matter/hugo-url.js';
import type { TagEntity } from '../tags/tag.entity.js';
import { TagsService } from '../tags/tags.service.js';
import { articleDiffers } from './article-differs.js';
import type { ArticleDraft } from './article-draft.js';
import { ArticleRenderer } from './article-renderer.service.js';
import type { ArticleRow, PlacementRow } from './article-rows.service.js';
import {
  findTakenIds,
  insertArticles,
  readKnownPlacements,
  replaceCompiled,
  replacePlacements,
  replaceTags,
  replaceTexts,
  updateArticles,
} from './article-rows.service.js';
import type { ArticleEntity } from './article.entity.js';
import type { ArticleSource, CompiledArticle } from './compile-article.js';
import { draftOf } from './draft-changes.js';
import type { AssignedPlacement } from './placement-ids.js';
import { assignPlacementIds } from './placement-ids.js';

/** One article to save, and the row it replaces, read and locked by the caller. */
export interface SaveRequest {
  readonly draft: ArticleDraft;
  readonly existing?: ArticleEntity & { readonly tags: readonly string[] };
  /** What `compile` made of the draft, where the caller did that before. */
  readonly compiled?: CompiledArticle;
}

export interface SavedArticle {
  readonly id: string;
  readonly outcome: 'created' | 'updated' | 'unchanged';
  readonly compiled: CompiledArticle;
}

interface Prepared {
  readonly request: SaveRequest;
  readonly id: string;
  readonly compiled: CompiledArticle;
  readonly placements: readonly AssignedPlacement[];
}

/** Saves any number of articles inside one transaction, with a number of statements that does not depend on it. */
@Injectable()
export class ArticleWriter {
  constructor(
    private readonly tags: TagsService,
    private readonly renderer: ArticleRenderer,
  ) {}

  compile(draft: ArticleSource): CompiledArticle {
    return this.renderer.compile(draft);
  }

  /** `author`: name of the actor. No two requests may have the same path and locale. */
  async saveAll(manager: EntityManager, requests: readonly SaveRequest[], author: string): Promise<SavedArticle[]> {
    const articles = requests.map((request) => ({
      request,
      id: request.existing?.id ?? randomUUID(),
      compiled: request.compiled ?? this.renderer.compile(request.draft),
    }));
    const changed = articles.filter(({ request }) => isChanged(request));
    await this.write(manager, changed, author);
    return articles.map(({ request, id, compiled }) => {
      if (!isChanged(request)) return { id, compiled, outcome: 'unchanged' };
      return { id, compiled, outcome: request.existing ? 'updated' : 'created' };
    });
  }

  /**
   * Writes what the sources of these articles, which are locked, are compiled to by now. No revision: nobody edited them.
   * @returns how many came out otherwise.
   */
  async rewriteAll(manager: EntityManager, articles: readonly Required<Omit<SaveRequest, 'draft'>>[]): Promise<number> {
    const prepared = await assignPlacements(
      manager,
      articles.map(({ existing, compiled }) => {
        // What was found in the front matter, before the body.
        const diagnostics = existing.diagnostics.filter(({ line }) => line < existing.sourceLine);
        return { request: { draft: { ...draftOf(existing), diagnostics }, existing }, id: existing.id, compiled };
      }),
    );
    const rows = prepared.map((one) => this.rowOf(one, ''));
    const written = await replaceCompiled(manager, rows);
    const changed = prepared.filter(({ id }) => written.has(id));
    await replaceTexts(
      manager,
      rows.filter(({ id }) => written.has(id)),
    );
    await replacePlacements(manager, [...written], changed.flatMap(placementRows));
    return written.size;
  }

  private async write(
    manager: EntityManager,
    articles: readonly Omit<Prepared, 'placements'>[],
    author: string,
  ): Promise<void> {
    if (articles.length === 0) return;
    const tagsBySlug = await this.tags.ensureTags(
      manager,
      articles.flatMap(({ request }) => request.draft.tags),
    );
    const prepared = await assignPlacements(manager, articles);
    const rows = prepared.map((one) => this.rowOf(one, author));
    await insertArticles(
      manager,
      rows.filter((_row, index) => !prepared[index]?.request.existing),
    );
    await updateArticles(
      manager,
      rows.filter((_row, index) => prepared[index]?.request.existing),
    );
    await replaceTexts(manager, rows);
    await replaceTags(
      manager,
      prepared.map(({ id, request }) => ({ id, tags: tagsOf(request.draft, tagsBySlug).map((tag) => tag.id) })),
    );
    await replacePlacements(
      manager,
      prepared.map(({ id }) => id),
      prepared.flatMap(placementRows),
    );
  }

  private rowOf({ request, id, compiled }: Prepared, author: string): ArticleRow {
    const { draft, existing } = request;
    return {
      id,
      draft,
      readRevision: existing?.revision,
      author,
      fileHash: hashOf(draft.file),
      compiled: compiled.stored,
      diagnostics: [...draft.diagnostics, ...compiled.diagnostics],
      contentHash: this.renderer.hashContent(draft, compiled),
      text: this.renderer.readText(draft, compiled),
    };
  }
}

function isChanged({ draft, existing }: SaveRequest): boolean {
  return !existing || articleDiffers(draft, hashOf(draft.file), existing, termSlug);
}

function hashOf(file: Buffer | null): Buffer | null {
  return file && createHash('sha256').update(file).digest();
}

function tagsOf(draft: ArticleDraft, tagsBySlug: ReadonlyMap<string, TagEntity>): TagEntity[] {
  // Two names may lead to one tag.
  return [...new Set(draft.tags.flatMap((name) => tagsBySlug.get(termSlug(name)) ?? []))];
}

/** An id that another article has is found out by asking, and asked again for the next number, until none is taken. */
async function assignPlacements(
  manager: EntityManager,
  articles: readonly Omit<Prepared, 'placements'>[],
): Promise<Prepared[]> {
  const known = await readKnownPlacements(
    manager,
    articles.flatMap(({ request }) => request.existing?.id ?? []),
  );
  const taken = new Set<string>();
  for (;;) {
    // Also within the batch: the first article that asks for an id has it.
    const claimed = new Map<string, string>();
    const prepared = articles.map((article): Prepared => {
      const isTaken = (id: string): boolean => taken.has(id) || (claimed.get(id) ?? article.id) !== article.id;
      const placements = assignPlacementIds(
        article.request.existing?.path ?? article.request.draft.path,
        article.compiled.affCalls,
        known.get(article.id) ?? [],
        isTaken,
      );
      for (const { id } of placements) claimed.set(id, article.id);
      return { ...article, placements };
    });
    const minted = prepared.flatMap(({ placements }) => placements.filter((one) => one.minted).map((one) => one.id));
    const newlyTaken = await findTakenIds(manager, minted);
    if (newlyTaken.length === 0) return prepared;
    for (const id of newlyTaken) taken.add(id);
  }
}

function placementRows({ id, compiled, placements }: Prepared): PlacementRow[] {
  return compiled.affCalls.map((call, position) => {
    const assigned = placements[position];
    if (!assigned) throw new Error('Every call is given a placement.');
    return {
      id: assigned.id,
      articleId: id,
      partnerKey: call.partnerKey,
      label: call.label ?? null,
      ordinal: assigned.ordinal,
      position,
      text: call.text,
      line: call.line,
      column: call.column,
    };
  });
}
