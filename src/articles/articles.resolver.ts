import { Args, Context, ID, Info, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess, RequireScope } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { DeletePayload } from '../graphql/delete-payload.type.js';
import { operationFields, selectedFields } from '../graphql/selected-fields.service.js';
import { Tag } from '../tags/tag.type.js';
import { companionsFor } from './article-companions.service.js';
import { articleListTags } from './article-query.js';
import { ArticleLoadersService } from './article-loaders.loader.js';
import { ArticleReader } from './article-reader.service.js';
import { articleStatus } from './article-status.js';
import {
  ArticleFilter,
  ArticleOrder,
  CreateArticleInput,
  DeleteArticleInput,
  UpdateArticleInput,
} from './article.input.js';
import {
  Article,
  ArticleConnection,
  ArticlePayload,
  ContentChangeCause,
  Diagnostic,
  MarkdownPreview,
  Placement,
} from './article.type.js';
import type { ArticleSummary } from './article-summary.service.js';
import type { ArticleAddress, FoundArticle } from './articles.service.js';
import { ArticlesService } from './articles.service.js';
import { normalPath } from './draft-changes.js';

@Resolver(() => Article)
export class ArticlesResolver {
  constructor(
    private readonly articles: ArticlesService,
    private readonly reader: ArticleReader,
    private readonly actors: ActorsService,
    private readonly loaders: ArticleLoadersService,
  ) {}

  @Query(() => Article, {
    nullable: true,
    description:
      'An article by exactly one of path, slug and id. One that moved is found by its former path or slug too, and says so in `movedFrom`. Without `content:read`: only what readers see. A slug that several articles share is an error that lists their paths.',
  })
  @PublicAccess()
  async article(
    @Context() context: RequestContext,
    @Args('path', { type: () => String, nullable: true, description: 'Such as `/posts/my-post`.' })
    path?: string | null,
    @Args('slug', { type: () => String, nullable: true, description: 'Last part of its address.' })
    slug?: string | null,
    @Args('id', { type: () => ID, nullable: true, description: 'Its id.' }) id?: string | null,
    @Args('locale', { type: () => String, nullable: true, description: 'Default: that of the installation, else any.' })
    locale?: string | null,
    @Info() info?: GraphQLResolveInfo,
  ): Promise<ArticleSummary | null> {
    const seesDrafts = await this.seesDrafts(context);
    const companions = this.companions(context, info, [[]]);
    const found = await this.articles.findArticle({ path, slug, id, locale }, seesDrafts, companions);
    noteRead(context.req, addressTags({ path, slug, id }, found));
    return found ?? null;
  }

  @Query(() => ArticleConnection, {
    name: 'articles',
    description: 'Articles, newest first unless ordered otherwise. Without `content:read`: only what readers see.',
  })
  @PublicAccess()
  async listArticles(
    @Context() context: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { type: () => ArticleFilter, nullable: true, description: 'Which ones. Default all.' })
    filter?: ArticleFilter | null,
    @Args('orderBy', { type: () => [ArticleOrder], nullable: true, description: 'Default: `PUBLISHED_AT` descending.' })
    orderBy?: ArticleOrder[] | null,
    @Info() info?: GraphQLResolveInfo,
  ) {
    const seesDrafts = await this.seesDrafts(context);
    const companions = this.companions(context, info, [['nodes'], ['edges', 'node']]);
    const listed = await this.articles.listArticles(readPage(page), seesDrafts, filter, orderBy, companions);
    noteRead(context.req, [...articleListTags(filter), ...listed.nodes.map(({ id }) => answerTags.article(id))]);
    return listed;
  }

  @Query(() => MarkdownPreview, {
    description: 'What a source would look like as an article. Nothing is saved. Needs `content:read`.',
  })
  @RequireScope('content:read')
  previewMarkdown(
    @Args('source', { description: 'A Markdown body, or a whole file with front matter.' }) source: string,
    @Args('path', { type: () => String, nullable: true, description: 'Where it would stand. Default `/preview`.' })
    path?: string | null,
  ): Promise<MarkdownPreview> {
    return this.reader.preview(source, path ?? '/preview');
  }

  @Mutation(() => ArticlePayload, {
    description:
      'Makes an article. Refuses: `TITLE_EMPTY`, `PATH_REQUIRED`, `PATH_TAKEN`, `PATH_INVALID`, `SLUG_INVALID`, `LOCALE_INVALID`, `URL_INVALID`, `TAG_NAME_INVALID`, `PUBLISHED_AT_REQUIRED`, `SCHEDULE_EMPTY`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  async createArticle(
    @Args('input', { description: 'The new one.' }) input: CreateArticleInput,
    @Context() context: RequestContext,
  ) {
    const author = await this.actors.getActor(context.req);
    return answer(async () => ({
      article: await this.articles.createArticle(await checkInput(CreateArticleInput, input), author),
    }));
  }

  @Mutation(() => ArticlePayload, {
    description:
      'Changes an article. Refuses: `ARTICLE_NOT_FOUND`, `REVISION_CONFLICT`, `REQUIRED`, `TITLE_EMPTY`, `PATH_TAKEN`, `PATH_INVALID`, `SLUG_INVALID`, `LOCALE_INVALID`, `URL_INVALID`, `TAG_NAME_INVALID`, `PUBLISHED_AT_REQUIRED`, `SCHEDULE_EMPTY`, `FILE_NOT_EDITABLE`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  async updateArticle(
    @Args('input', { description: 'What to change.' }) input: UpdateArticleInput,
    @Context() context: RequestContext,
  ) {
    const author = await this.actors.getActor(context.req);
    return answer(async () => ({
      article: await this.articles.updateArticle(await checkInput(UpdateArticleInput, input), author),
    }));
  }

  @Mutation(() => DeletePayload, {
    description:
      'Deletes an article; its tracked links go on working. Refuses: `ARTICLE_NOT_FOUND`, `REVISION_CONFLICT`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  deleteArticle(@Args('input', { description: 'Which one.' }) input: DeleteArticleInput): Promise<DeletePayload> {
    return answer(async () => ({
      deletedId: await this.articles.deleteArticle(await checkInput(DeleteArticleInput, input)),
    }));
  }

  @ResolveField(() => String, { description: 'The Markdown body as written.' })
  source(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<string> {
    return this.reader.source(article, context);
  }

  @ResolveField(() => String, { description: 'Finished HTML: shortcodes resolved to tracked links.' })
  html(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<string> {
    return this.reader.html(article, context);
  }

  @ResolveField(() => String, {
    description: 'The Markdown body with shortcodes resolved, for frontends that render themselves.',
  })
  markdown(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<string> {
    return this.reader.markdown(article, context);
  }

  @ResolveField(() => [Tag], { description: 'Its tags, in the order of the source.' })
  tags(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<Tag[]> {
    return this.reader.tags(article, context);
  }

  @ResolveField(() => [Placement], { description: 'Occurrences of partners, in the order of the source.' })
  placements(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<Placement[]> {
    return this.reader.placements(article, context);
  }

  @ResolveField(() => [Diagnostic], {
    description: 'What is wrong with the source now: broken shortcodes, unknown partners.',
  })
  diagnostics(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<Diagnostic[]> {
    return this.reader.diagnostics(article, context);
  }

  @ResolveField(() => String, {
    nullable: true,
    description: 'What readers must be told about the partners it links to; null where there is nothing.',
  })
  disclosure(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<string | null> {
    return this.reader.disclosure(article, context);
  }

  @ResolveField(() => ContentChangeCause, { description: 'Why `contentUpdatedAt` moved.' })
  contentChangeCause(@Parent() article: ArticleSummary) {
    return { kind: article.contentChangeCauseKind, key: article.contentChangeCauseKey };
  }

  @ResolveField(() => String, {
    nullable: true,
    description:
      'The path or slug that `article` was asked for, where the article has another one now: redirect to `path`. Otherwise null.',
  })
  movedFrom(@Parent() article: FoundArticle): string | null {
    return article.movedFrom ?? null;
  }

  @ResolveField()
  status(@Parent() article: ArticleSummary): Article['status'] {
    return articleStatus(article, new Date()) as Article['status'];
  }

  /** `ways`: from the field that is resolved to its articles. */
  private companions(context: RequestContext, info: GraphQLResolveInfo | undefined, ways: readonly string[][]) {
    if (!info) return undefined;
    const fields = ways.flatMap((way) => [...selectedFields(info, way)]);
    const asked = selectedFields(info, []);
    return companionsFor(new Set(fields), asked, operationFields(info), this.loaders.of(context), context.req);
  }

  private async seesDrafts(context: RequestContext): Promise<boolean> {
    return mayUse(await this.actors.getActor(context.req), 'content:read');
  }
}

/** Cache tags of an article that was asked for by an address, whether it was found or not. */
function addressTags(
  { path, slug, id }: Pick<ArticleAddress, 'path' | 'slug' | 'id'>,
  found: ArticleSummary | undefined,
): string[] {
  return [
    ...(path == null ? [] : [answerTags.path(normalPath(path))]),
    ...(slug == null ? [] : [answerTags.slug(slug)]),
    ...(id == null ? [] : [answerTags.article(id.toLowerCase())]),
    ...(found ? [answerTags.article(found.id)] : []),
  ];
}

@Resolver(() => Tag)
export class TagArticlesResolver {
  constructor(private readonly loaders: ArticleLoadersService) {}

  @ResolveField(() => ArticleConnection, { name: 'articles', description: 'Articles with this tag, newest first.' })
  async articlesOfTag(@Parent() tag: Tag, @Args() page: PageArgs, @Context() context: RequestContext) {
    const listed = await this.loaders.of(context).pageOfTag(readPage(page)).load(tag.id);
    noteRead(context.req, [answerTags.tagged(tag.id), ...listed.nodes.map(({ id }) => answerTags.article(id))]);
    return listed;
  }
}

@Resolver(() => Placement)
export class PlacementsResolver {
  constructor(private readonly actors: ActorsService) {}

  @ResolveField()
  async label(@Parent() placement: Placement, @Context() context: RequestContext): Promise<string | null> {
    await this.actors.require(context.req, 'affiliates:read');
    return placement.label;
  }

  @ResolveField()
  async status(@Parent() placement: Placement, @Context() context: RequestContext): Promise<Placement['status']> {
    await this.actors.require(context.req, 'affiliates:read');
    return placement.status;
  }
}
