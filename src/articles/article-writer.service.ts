import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { linkOrigin } from '../partners/links.options.js';
import { PartnerEntity } from '../partners/partner.entity.js';
import type { TagEntity } from '../tags/tag.entity.js';
import { TagsService } from '../tags/tags.service.js';
import type { ArticleDraft } from './article-draft.js';
import { ArticleEntity } from './article.entity.js';
import { ArticleCompiler } from './article-compiler.service.js';
import type { CompiledArticle } from './compile-article.js';
import type { AssignedPlacement, KnownPlacement } from './placement-ids.js';
import { assignPlacementIds } from './placement-ids.js';
import { PlacementEntity } from './placement.entity.js';
import { hashProjection } from './public-projection.js';

/** One article to save, and how it is found when it exists already. */
export interface SaveRequest {
  readonly draft: ArticleDraft;
  /** An existing article, already read and locked. Absent: a new one. */
  readonly existing?: ArticleEntity;
}

export interface SavedArticle {
  readonly id: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'path-taken';
  readonly compiled: CompiledArticle;
}

interface PreparedArticle {
  readonly request: SaveRequest;
  readonly id: string;
  readonly compiled: CompiledArticle;
  readonly tags: readonly TagEntity[];
  readonly placements: readonly AssignedPlacement[];
  readonly contentHash: Buffer;
}

/** Saves any number of articles in one transaction with a fixed number of statements. */
@Injectable()
export class ArticleWriter {
  constructor(
    private readonly tags: TagsService,
    private readonly compiler: ArticleCompiler,
  ) {}

  async saveAll(manager: EntityManager, requests: readonly SaveRequest[]): Promise<SavedArticle[]> {
    const compiled = requests.map(({ draft }) => this.compiler.compile(draft));
    const prepared = await this.prepare(manager, requests, compiled);
    const taken = await insertArticles(manager, prepared.filter(({ request }) => !request.existing));
    const changed = prepared.filter(({ request }) => request.existing).filter(differs);
    await updateArticles(manager, changed);
    const written = prepared.filter((one) => !taken.has(one.id) && (!one.request.existing || changed.includes(one)));
    await replaceTags(manager, written);
    await replacePlacements(manager, written);
    const changedIds = new Set(changed.map((one) => one.id));
    return prepared.map((one) => ({ id: one.id, compiled: one.compiled, outcome: outcomeOf(one, taken, changedIds) }));
  }
}
