import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../auth/access.guard.js';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPages } from '../graphql/find-page.service.js';
import { RefusedError, WaypostError } from '../kernel/errors.js';
import { PerContext } from '../kernel/per-context.js';
import { isUuid } from '../kernel/uuid.js';
import type { ArticleDraft } from './article-draft.js';
import { ArticleRevisionEntity } from './article-revision.entity.js';
import type { RestoreArticleRevisionInput } from './article-revision.type.js';
import type { ArticleSummary } from './article-summary.service.js';
import { ArticlesService } from './articles.service.js';
import type { Author } from './articles.service.js';
import { editFile } from './edit-file.js';
import type { RevisionDiff } from './revision-diff.js';
import { diffRevisions } from './revision-diff.js';

/** Not what may be large: the source is read where somebody asks for it. */
const LISTED = [
  'articleId',
  'revision',
  'at',
  'author',
  'path',
  'locale',
  'slug',
  'title',
  'description',
  'canonicalUrl',
  'params',
  'tags',
  'status',
  'publishedAt',
  'expiresAt',
] as const satisfies readonly (keyof ArticleRevisionEntity)[];

/** What an article was. Every revision stays for as long as the article does. */
@Injectable()
export class ArticleRevisionsService {
  private readonly pages = new PerContext(
    () => new Map<string, DataLoader<string, Connection<ArticleRevisionEntity>>>(),
  );

  private readonly sources = new PerContext(
    () => new DataLoader((keys: readonly RevisionKey[]) => this.loadSources(keys), { cacheKeyFn: nameOf }),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly articles: ArticlesService,
  ) {}

  /** Newest first. Many articles of a query share a statement. */
  listRevisions(articleId: string, page: Page, context: RequestContext): Promise<Connection<ArticleRevisionEntity>> {
    const pages = this.pages.of(context);
    const key = JSON.stringify(page);
    const loader = pages.get(key) ?? new DataLoader((ids: readonly string[]) => this.loadPages(ids, page));
    pages.set(key, loader);
    return loader.load(articleId);
  }

  /** The Markdown body of that time; empty where the article was deleted meanwhile. */
  readSource({ articleId, revision }: RevisionKey, context: RequestContext): Promise<string> {
    return this.sources.of(context).load({ articleId, revision });
  }

  /** @throws WaypostError REVISION_UNKNOWN. */
  async diff(articleId: string, from: number, to: number): Promise<RevisionDiff> {
    const wanted = isUuid(articleId) ? [from, to].map((revision) => ({ articleId, revision })) : [];
    const rows = wanted.length > 0 ? await this.dataSource.getRepository(ArticleRevisionEntity).findBy(wanted) : [];
    const pick = (revision: number): ArticleRevisionEntity => {
      const found = rows.find((row) => row.revision === revision);
      if (!found) throw new WaypostError('REVISION_UNKNOWN', [articleId, revision]);
      return found;
    };
    return diffRevisions(pick(from), pick(to));
  }

  /**
   * Brings back what was written: texts, tags, front matter. Where the article stands and whether readers see it stay. It is
   * a save like any other, so that nothing is lost by it.
   */
  restore(input: RestoreArticleRevisionInput, author: Author): Promise<ArticleSummary> {
    return this.transactions
      .run(async (manager) => {
        const kept = await manager.findOneBy(ArticleRevisionEntity, { articleId: input.id, revision: input.revision });
        await this.articles.saveChanged(manager, input, author, (current) => {
          if (!kept) throw new RefusedError([unknownRevision(input)]);
          return restoredDraft(current, kept, author.isTrusted);
        });
      })
      .then(() => this.articles.getArticle(input.id));
  }

  private async loadSources(keys: readonly RevisionKey[]): Promise<string[]> {
    const rows = await this.dataSource.query<(RevisionKey & { readonly source: string })[]>(
      `SELECT article_id AS "articleId", revision, source FROM waypost.article_revisions
        WHERE (article_id, revision) IN (SELECT * FROM unnest($1::uuid[], $2::integer[]))`,
      [keys.map(({ articleId }) => articleId), keys.map(({ revision }) => revision)],
    );
    const byName = new Map(rows.map((row) => [nameOf(row), row.source]));
    return keys.map((key) => byName.get(nameOf(key)) ?? '');
  }

  private loadPages(articleIds: readonly string[], page: Page): Promise<Connection<ArticleRevisionEntity>[]> {
    return findPages<ArticleRevisionEntity>(this.dataSource, {
      entity: ArticleRevisionEntity,
      alias: 'kept',
      where: 'kept.article_id = parent.id',
      parameters: new SqlParameters(),
      parentIds: articleIds,
      columns: [{ sql: 'kept.revision', type: 'integer', descending: true, nullable: false }],
      sortValues: (row) => [row.revision],
      page,
      select: LISTED,
    });
  }
}

export type RevisionKey = Pick<ArticleRevisionEntity, 'articleId' | 'revision'>;

function nameOf({ articleId, revision }: RevisionKey): string {
  return `${articleId} ${revision}`;
}

function restoredDraft(current: ArticleDraft, kept: ArticleRevisionEntity, isTrusted: boolean): ArticleDraft {
  const { title, description, canonicalUrl, source, sourceLine, tags, params, file } = kept;
  const content = { title, description, canonicalUrl, source, sourceLine, tags, params, file };
  const restored = { ...current, ...content, isTrusted: current.isTrusted && kept.isTrusted && isTrusted };
  const { slug, path, status, publishedAt, expiresAt } = kept;
  return editFile({ ...restored, slug, path, status, publishedAt, expiresAt }, restored);
}

function unknownRevision({ id, revision }: RestoreArticleRevisionInput) {
  return {
    code: 'REVISION_UNKNOWN',
    message: `The article "${id}" has no revision ${revision}. Look for its revisions in \`Article.revisions\`.`,
    field: 'input.revision',
  };
}
