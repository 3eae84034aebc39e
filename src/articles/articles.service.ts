import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import type { Actor } from '../auth/actor.js';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { filterSql, SqlParameters } from '../graphql/filter-sql.js';
import type { PageQuery } from '../graphql/find-page.service.js';
import { findPage, findPages } from '../graphql/find-page.service.js';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError, WaypostError } from '../kernel/errors.js';
import { isUuid } from '../kernel/uuid.js';
import type { Companions } from './article-companions.service.js';
import type { ArticleDraft } from './article-draft.js';
import type { SortKey } from './article-query.js';
import { articleConditionsSql, DEFAULT_ORDER, PUBLIC_SQL, SORT_COLUMNS, sortColumns } from './article-query.js';
import type { ArticleSummary } from './article-summary.service.js';
import { SUMMARY_COLUMNS } from './article-summary.service.js';
import { findByFormerAddress } from './former-addresses.service.js';
import type { SavedArticle } from './article-writer.service.js';
import { ArticleWriter } from './article-writer.service.js';
import { ArticleEntity } from './article.entity.js';
import { OrderDirection } from './article.input.js';
import type {
  ArticleFilter,
  ArticleOrder,
  CreateArticleInput,
  DeleteArticleInput,
  UpdateArticleInput,
} from './article.input.js';
import type { ArticlesOptions } from './articles.options.js';
import { ARTICLES_OPTIONS } from './articles.options.js';
import type { CompiledArticle } from './compile-article.js';
import { changedDraft, draftOf, newDraft, normalPath } from './draft-changes.js';
import { editFile } from './edit-file.js';

/** Who writes. */
export type Author = Pick<Actor, 'name' | 'isTrusted'>;

/** How an article is asked for. Exactly one of path, slug and id. */
export interface ArticleAddress {
  readonly path?: string | null;
  readonly slug?: string | null;
  readonly id?: string | null;
  readonly locale?: string | null;
}

/** `movedFrom`: the path or slug that it was found by, where it has another one now. */
export type FoundArticle = ArticleSummary & { readonly movedFrom?: string };
export interface SaveDraftsOptions {
  /** Who stands in the revisions. Default `import`. */
  readonly author?: string;
  /** Of drafts that were compiled before, so that no transaction waits for it. */
  readonly compiled?: ReadonlyMap<ArticleDraft, CompiledArticle>;
  /** Called with the rows that are replaced, by `locale` LF `path`, once nobody else can change them. May throw. */
  readonly onLocked?: (existing: ReadonlyMap<string, Pick<ArticleEntity, 'id' | 'fileHash'>>) => void;
  /** Writes what belongs to the articles, in the same transaction. */
  readonly alongside?: (manager: EntityManager, saved: readonly SavedArticle[]) => Promise<void>;
}

@Injectable()
export class ArticlesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly writer: ArticleWriter,
    @Inject(ARTICLES_OPTIONS) private readonly options: ArticlesOptions,
  ) {}

  get defaultLocale(): string {
    return this.options.defaultLocale ?? 'en';
  }

  /**
   * Without a locale the default one is preferred. What stands at a path or slug wins over what stood there, which is
   * answered with `movedFrom`.
   * @throws WaypostError BAD_ARGUMENT for none or several of path, slug and id; ARTICLE_SLUG_AMBIGUOUS.
   */
  async findArticle(
    address: ArticleAddress,
    includeHidden: boolean,
    companions?: Companions,
  ): Promise<FoundArticle | undefined> {
    const { path, slug, id } = address;
    if ([path, slug, id].filter((value) => value != null).length !== 1) {
      throw new WaypostError('BAD_ARGUMENT', ['Ask for an article by exactly one of "path", "slug" and "id".']);
    }
    if (id != null && !isUuid(id)) return undefined;
    const parameters = new SqlParameters();
    const where = [includeHidden ? 'true' : PUBLIC_SQL];
    if (id != null) where.push(`article.id = ${parameters.place(id)}`);
    if (path != null) where.push(`article.path = ${parameters.place(normalPath(path))}`);
    if (slug != null) where.push(`article.slug = ${parameters.place(slug)}`);
    if (address.locale != null) where.push(`article.locale = ${parameters.place(address.locale)}`);
    const found = await this.readSummaries(where, parameters, {
      ...alongside(companions, ADDRESS),
      isPlannedOnce: true,
    });
    const preferred = found.filter((article) => article.locale === this.defaultLocale);
    const candidates = address.locale == null && preferred.length > 0 ? preferred : found;
    const paths = new Set(candidates.map((article) => article.path));
    if (paths.size > 1) throw new WaypostError('ARTICLE_SLUG_AMBIGUOUS', [slug ?? '', [...paths].sort().join(', ')]);
    return candidates[0] ?? (id == null ? this.findMoved(address, includeHidden) : undefined);
  }

  private async findMoved(address: ArticleAddress, includeHidden: boolean): Promise<FoundArticle | undefined> {
    const { slug, locale } = address;
    const place = {
      path: address.path == null ? undefined : normalPath(address.path),
      slug: slug ?? undefined,
      locale,
    };
    const id = await findByFormerAddress(this.dataSource, place, includeHidden, this.defaultLocale);
    const [article] = id === undefined ? [] : await this.findArticles([id], includeHidden);
    return article && Object.assign(article, { movedFrom: place.path ?? place.slug });
  }

  /** Those of these ids that are there, in no order. */
  findArticles(ids: readonly string[], includeHidden: boolean): Promise<ArticleSummary[]> {
    const parameters = new SqlParameters();
    const where = [includeHidden ? 'true' : PUBLIC_SQL, `article.id = ANY(${parameters.place(ids)}::uuid[])`];
    return this.readSummaries(where, parameters, { page: { size: ids.length, backward: false } });
  }

  listArticles(
    page: Page,
    includeHidden: boolean,
    filter?: ArticleFilter | null,
    order?: readonly ArticleOrder[] | null,
    companions?: Companions,
  ): Promise<Connection<ArticleSummary>> {
    const parameters = new SqlParameters();
    const where = [includeHidden ? 'true' : PUBLIC_SQL];
    if (filter) where.push(filterSql(filter, (part) => articleConditionsSql(part, parameters)));
    const sort = sortKeys(order);
    const query = pageQuery(page, where, parameters, includeHidden, sort);
    const sorted = companions?.readsCursors ? sort.map(({ name }) => SORT_COLUMNS[name].property) : [];
    return findPage(this.dataSource, { ...query, ...alongside(companions, sorted), isPlannedOnce: !filter });
  }

  /** The same page of the articles of each of these tags, newest first. */
  listArticlesOfTags(
    tagIds: readonly string[],
    page: Page,
    includeHidden: boolean,
  ): Promise<Connection<ArticleSummary>[]> {
    const hasTag = `EXISTS (SELECT 1 FROM waypost.article_tags link
                             WHERE link.article_id = article.id AND link.tag_id = parent.id)`;
    const where = [includeHidden ? 'true' : PUBLIC_SQL, hasTag];
    const query = pageQuery(page, where, new SqlParameters(), includeHidden, DEFAULT_ORDER);
    return findPages(this.dataSource, { ...query, parentIds: tagIds });
  }

  async createArticle(input: CreateArticleInput, author: Author): Promise<ArticleSummary> {
    const draft = newDraft(input, this.defaultLocale, author.isTrusted);
    const saved = await this.transactions.run(async (manager) => {
      const { path, locale } = draft;
      const [existing] = await lockArticles(manager, [{ path, locale }]);
      if (existing) throw new RefusedError([pathTaken(draft, input.path == null ? 'input.slug' : 'input.path')]);
      return this.writer.saveAll(manager, [{ draft }], author.name);
    });
    return this.getArticle(saved[0]?.id ?? '');
  }

  /** One edit by somebody nobody vouches for makes the whole article untrusted. */
  async updateArticle(input: UpdateArticleInput, author: Author): Promise<ArticleSummary> {
    await this.transactions.run((manager) =>
      this.saveChanged(manager, input, author, (current) =>
        editFile(current, changedDraft(current, input, author.isTrusted)),
      ),
    );
    return this.getArticle(input.id);
  }

  /**
   * Saves what `change` makes of an article, if nobody saved it since the caller read it.
   * @throws RefusedError ARTICLE_NOT_FOUND, REVISION_CONFLICT or PATH_TAKEN.
   */
  async saveChanged(
    manager: EntityManager,
    { id, expectedRevision }: Pick<UpdateArticleInput, 'id' | 'expectedRevision'>,
    author: Author,
    change: (current: ArticleDraft) => ArticleDraft,
  ): Promise<void> {
    const [existing] = await lockArticles(manager, [{ id }]);
    if (!existing) throw new RefusedError([unknownArticle(id)]);
    if (existing.revision !== expectedRevision) throw conflict(existing, expectedRevision);
    const draft = change(draftOf(existing));
    if (draft.path !== existing.path || draft.locale !== existing.locale) {
      const [other] = await lockArticles(manager, [{ path: draft.path, locale: draft.locale }]);
      if (other) throw new RefusedError([pathTaken(draft, 'input.path')]);
    }
    await this.writer.saveAll(manager, [{ draft, existing }], author.name);
  }

  /** Its placements are retired: links that readers saved go on working. */
  async deleteArticle(input: DeleteArticleInput): Promise<string> {
    await this.transactions.run(async (manager) => {
      const [existing] = await lockArticles(manager, [{ id: input.id }]);
      if (!existing) throw new RefusedError([unknownArticle(input.id)]);
      if (input.expectedRevision != null && existing.revision !== input.expectedRevision) {
        throw conflict(existing, input.expectedRevision);
      }
      await manager.query(
        `UPDATE waypost.placements SET retired_at = now() WHERE article_id = $1 AND retired_at IS NULL`,
        [input.id],
      );
      await manager.query(`DELETE FROM waypost.articles WHERE id = $1`, [input.id]);
    });
    return input.id;
  }

  /** What a draft would be compiled to. Nothing is saved. */
  compile(draft: ArticleDraft): CompiledArticle {
    return this.writer.compile(draft);
  }

  /** Saves drafts by path and locale, whether they exist or not, in one transaction. No two may have the same. */
  saveDrafts(drafts: readonly ArticleDraft[], options: SaveDraftsOptions = {}): Promise<SavedArticle[]> {
    return this.transactions.run(async (manager) => {
      const existing = await lockArticles(manager, drafts);
      const byPlace = new Map(existing.map((article) => [placeKey(article), article]));
      options.onLocked?.(byPlace);
      const requests = drafts.map((draft) => {
        const existing = byPlace.get(placeKey(draft));
        // A file that says no date leaves the one that the article has.
        const publishedAt = draft.publishedAt ?? existing?.publishedAt ?? null;
        return { draft: { ...draft, publishedAt }, existing, compiled: options.compiled?.get(draft) };
      });
      const saved = await this.writer.saveAll(manager, requests, options.author ?? 'import');
      await options.alongside?.(manager, saved);
      return saved;
    });
  }

  /** As `deleteArticle`, many at once. Those that are gone already are passed over. */
  deleteArticles(ids: readonly string[]): Promise<void> {
    return this.transactions.run(async (manager) => {
      await lockArticles(
        manager,
        ids.map((id) => ({ id })),
      );
      await manager.query(
        `UPDATE waypost.placements SET retired_at = now() WHERE article_id = ANY($1::uuid[]) AND retired_at IS NULL`,
        [ids],
      );
      await manager.query(`DELETE FROM waypost.articles WHERE id = ANY($1::uuid[])`, [ids]);
    });
  }

  /** @throws RefusedError ARTICLE_NOT_FOUND. */
  async getArticle(id: string): Promise<ArticleSummary> {
    const article = await this.findArticle({ id }, true);
    if (!article) throw new RefusedError([unknownArticle(id)]);
    return article;
  }

  private readSummaries(
    where: readonly string[],
    parameters: SqlParameters,
    more: Partial<PageQuery<ArticleEntity>>,
  ): Promise<ArticleSummary[]> {
    return findPage<ArticleEntity>(this.dataSource, {
      entity: ArticleEntity,
      alias: 'article',
      where: where.join(' AND '),
      parameters,
      columns: [{ sql: 'article.id', type: 'uuid', descending: false, nullable: false }],
      sortValues: (article) => [article.id],
      page: { size: 100, backward: false },
      select: SUMMARY_COLUMNS,
      ...more,
    }).then((page) => [...page.nodes]);
  }
}

/** What tells articles apart that have the same slug. */
const ADDRESS = ['path', 'locale', 'slug'] as const;

/** `needed`: properties to read, whatever is asked for. */
function alongside(
  companions: Companions | undefined,
  needed: readonly (keyof ArticleSummary)[] = [],
): Pick<PageQuery<ArticleEntity>, 'select' | 'along' | 'onRow'> {
  if (!companions) return { select: SUMMARY_COLUMNS };
  const { select, sql, take } = companions;
  return { select: [...select, ...needed], along: sql, onRow: take };
}

function pageQuery(
  page: Page,
  where: readonly string[],
  parameters: SqlParameters,
  includeHidden: boolean,
  sort: readonly SortKey[],
): PageQuery<ArticleEntity> {
  return {
    entity: ArticleEntity,
    alias: 'article',
    where: where.join(' AND '),
    parameters,
    columns: sortColumns(sort, !includeHidden),
    sortValues: (article) => [...sort.map(({ name }) => article[SORT_COLUMNS[name].property]), article.id],
    page,
    select: SUMMARY_COLUMNS,
  };
}

type LockedArticle = ArticleEntity & { readonly tags: readonly string[] };
type Place = { readonly path: string; readonly locale: string };

/** Rows for update, with the names of their tags. In the order of ids, so that two writers cannot deadlock. */
export async function lockArticles(
  manager: EntityManager,
  places: readonly (Place | { readonly id: string })[],
): Promise<LockedArticle[]> {
  const ids = places.flatMap((place) => ('id' in place ? [place.id] : []));
  const byPath = places.filter((place): place is Place => 'path' in place);
  const articles = await manager
    .createQueryBuilder(ArticleEntity, 'article')
    .where('article.id = ANY(:ids::uuid[])', { ids })
    .orWhere('(article.path, article.locale) IN (SELECT * FROM unnest(:paths::text[], :locales::text[]))', {
      paths: byPath.map(({ path }) => path),
      locales: byPath.map(({ locale }) => locale),
    })
    .orderBy('article.id')
    .setLock('pessimistic_write')
    .getMany();
  const tags = await manager.query<{ article_id: string; name: string }[]>(
    `SELECT link.article_id, tag.name FROM waypost.article_tags link JOIN waypost.tags tag ON tag.id = link.tag_id
      WHERE link.article_id = ANY($1::uuid[]) ORDER BY link.position`,
    [articles.map(({ id }) => id)],
  );
  return articles.map((article) =>
    Object.assign(article, { tags: tags.filter((row) => row.article_id === article.id).map((row) => row.name) }),
  );
}

function placeKey({ path, locale }: Place): string {
  return `${locale}\n${path}`;
}

function sortKeys(order: readonly ArticleOrder[] | null | undefined): readonly SortKey[] {
  if (!order || order.length === 0) return DEFAULT_ORDER;
  const names = order.map((key) => key.field);
  if (new Set(names).size < names.length) throw new WaypostError('BAD_ARGUMENT', ['"orderBy" names a field twice.']);
  return order.map((key) => ({ name: key.field, descending: key.direction === OrderDirection.DESC }));
}

function unknownArticle(id: string): UserProblem {
  return {
    code: 'ARTICLE_NOT_FOUND',
    message: `No article has the id "${id}". It may have been deleted.`,
    field: 'input.id',
  };
}

/** Carries the article as it is now, so that an editor can show both. */
function conflict(existing: ArticleEntity, expected: number): RefusedError {
  const problem = {
    code: 'REVISION_CONFLICT',
    message: `Somebody saved this article since you read it: it is at revision ${existing.revision}, you sent ${expected}. Read it again and repeat your change.`,
    field: 'input.expectedRevision',
  };
  return new RefusedError([problem], { article: existing });
}

function pathTaken({ path, locale }: Place, field: string): UserProblem {
  return {
    code: 'PATH_TAKEN',
    message: `An article with the path "${path}" exists already in the locale "${locale}". Choose another path or slug, or update that article.`,
    field,
  };
}
