import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ArticleDraft } from '../articles/article-draft.js';
import { ArticleWriter } from '../articles/article-writer.service.js';
import { lockArticles } from '../articles/articles.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { moveAside } from './draft-item.js';
import { FeedError } from './feed-error.js';

export interface ItemDraft {
  readonly feedId: string;
  readonly guid: string;
  readonly draft: ArticleDraft;
  /** The moment of the run. */
  readonly at: Date;
}

/** What became of an item. */
export interface ItemResult {
  readonly guid: string;
  readonly title: string;
  /** `kept`: an editor has taken the article over, or deleted it. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'kept' | 'failed';
  /** Of the article, where there is one. */
  readonly path?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

interface TakenRow {
  readonly articleId: string | null;
  readonly revision: number;
  readonly hash: Buffer;
}

/** Makes articles of items, each in one transaction with the mark that says so: an item becomes an article once. */
@Injectable()
export class FeedArticlesService {
  constructor(
    private readonly transactions: TransactionsService,
    private readonly writer: ArticleWriter,
  ) {}

  /** With `dryRun` everything is done, and taken back. */
  async save(item: ItemDraft, dryRun: boolean): Promise<ItemResult> {
    let result: ItemResult | undefined;
    try {
      await this.transactions.run(async (manager) => {
        result = await this.saveItem(manager, item);
        if (dryRun) throw new TakenBack();
      });
    } catch (error) {
      if (!(error instanceof TakenBack)) throw error;
    }
    if (!result) throw new Error('A transaction that ended has done its work.');
    return result;
  }

  private async saveItem(manager: EntityManager, item: ItemDraft): Promise<ItemResult> {
    const { guid, draft } = item;
    const taken = await lockTaken(manager, item);
    const answer = (outcome: ItemResult['outcome'], path = draft.path): ItemResult => ({
      guid,
      title: draft.title,
      outcome,
      path,
    });
    if (!taken) {
      const free = await placeFree(manager, item);
      await this.write(manager, { ...item, draft: free }, undefined);
      return answer('created', free.path);
    }
    if (taken.hash.equals(hashOf(draft))) return answer('unchanged');
    const [article] = taken.articleId === null ? [] : await lockArticles(manager, [{ id: taken.articleId }]);
    if (!article || article.revision !== taken.revision || article.status !== 'draft')
      return answer('kept', article?.path);
    // A changed title does not move the article.
    const { path, slug, locale } = article;
    await this.write(manager, { ...item, draft: { ...draft, path, slug, locale } }, article);
    return answer('updated', path);
  }

  private async write(
    manager: EntityManager,
    { feedId, guid, draft, at }: ItemDraft,
    existing: Parameters<ArticleWriter['saveAll']>[1][number]['existing'],
  ): Promise<void> {
    const [saved] = await this.writer.saveAll(manager, [{ draft, existing }], AUTHOR);
    await manager.query(
      `INSERT INTO waypost.feed_items (feed_id, guid, article_id, revision, hash, taken_at)
       SELECT $1, $2, id, revision, $4, $5 FROM waypost.articles WHERE id = $3
       ON CONFLICT (feed_id, guid) DO UPDATE
         SET article_id = excluded.article_id, revision = excluded.revision, hash = excluded.hash`,
      [feedId, guid, saved?.id, hashOf(draft), at],
    );
  }
}

/** Who stands at the revisions that feeds make. */
const AUTHOR = 'feed';

class TakenBack extends Error {}

async function lockTaken(manager: EntityManager, { feedId, guid }: ItemDraft): Promise<TakenRow | undefined> {
  const [row] = await manager.query<TakenRow[]>(
    `SELECT article_id AS "articleId", revision, hash FROM waypost.feed_items
      WHERE feed_id = $1 AND guid = $2 FOR UPDATE`,
    [feedId, guid],
  );
  return row;
}

/** Another article is never overwritten: the new one steps aside. */
async function placeFree(manager: EntityManager, { guid, draft }: ItemDraft): Promise<ArticleDraft> {
  for (const candidate of [draft, moveAside(draft, guid)]) {
    const [other] = await lockArticles(manager, [{ path: candidate.path, locale: candidate.locale }]);
    if (!other) return candidate;
  }
  throw new FeedError('PATH_TAKEN', `Other articles stand at "${draft.path}" and beside it.`);
}

function hashOf({ file }: ArticleDraft): Buffer {
  return createHash('sha256')
    .update(file ?? '')
    .digest();
}
