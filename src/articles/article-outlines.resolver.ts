import { Args, Context, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { WaypostError } from '../kernel/errors.js';
import { ArticleNeighboursService } from './article-neighbours.service.js';
import { countWords, excerptOf, readingTimeMinutes } from './article-outline.js';
import { TableOfContentsEntry } from './article-outline.type.js';
import { ArticleReader } from './article-reader.service.js';
import type { ArticleSummary } from './article-summary.service.js';
import { Article } from './article.type.js';

const DEFAULT_EXCERPT = 200;
const LONGEST_EXCERPT = 5000;

/** What frontends show around an article. */
@Resolver(() => Article)
export class ArticleOutlinesResolver {
  constructor(
    private readonly reader: ArticleReader,
    private readonly neighbours: ArticleNeighboursService,
  ) {}

  @ResolveField(() => String, {
    description:
      'The beginning of its text, without headings, code and tables, cut behind a word and ended with `…` where it goes on.',
  })
  async excerpt(
    @Parent() article: ArticleSummary,
    @Context() context: RequestContext,
    @Args('length', {
      type: () => Int,
      defaultValue: DEFAULT_EXCERPT,
      description: 'How many characters at most, from 1 to 5,000, `…` not counted.',
    })
    length: number,
  ): Promise<string> {
    if (length < 1 || length > LONGEST_EXCERPT) {
      throw new WaypostError('BAD_ARGUMENT', [`"length" is ${length}. Write a number from 1 to ${LONGEST_EXCERPT}.`]);
    }
    return excerptOf((await this.reader.outline(article, context)).prose, length);
  }

  @ResolveField(() => Int, {
    description: 'How many words it has. Of scripts that do not separate words two characters count as one.',
  })
  async wordCount(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<number> {
    return countWords((await this.reader.outline(article, context)).text);
  }

  @ResolveField(() => Int, { description: 'Whole minutes at 238 words a minute; 0 where there are no words.' })
  async readingTimeMinutes(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<number> {
    return readingTimeMinutes(countWords((await this.reader.outline(article, context)).text));
  }

  @ResolveField(() => [TableOfContentsEntry], { description: 'Its headings, in order.' })
  async tableOfContents(@Parent() article: ArticleSummary, @Context() context: RequestContext) {
    return (await this.reader.outline(article, context)).headings;
  }

  @ResolveField(() => String, {
    description:
      'schema.org\'s Article as JSON, for `<script type="application/ld+json">`: it can stand there as it is. `dateModified` is `contentUpdatedAt`.',
  })
  jsonLd(@Parent() article: ArticleSummary, @Context() context: RequestContext): Promise<string> {
    return this.reader.jsonLd(article, context);
  }

  @ResolveField(() => Article, {
    nullable: true,
    description: 'The article that was published before it, in its language. null for the first one.',
  })
  async previousPublished(@Parent() article: ArticleSummary, @Context() context: RequestContext) {
    return noted(context, await this.neighbours.previous(article, context)) ?? null;
  }

  @ResolveField(() => Article, {
    nullable: true,
    description: 'The article that was published after it, in its language. null for the last one.',
  })
  async nextPublished(@Parent() article: ArticleSummary, @Context() context: RequestContext) {
    return noted(context, await this.neighbours.next(article, context)) ?? null;
  }

  @ResolveField(() => [Article], {
    description:
      'Published articles in its language that share tags with it, best first: the more tags and the rarer they are, the better.',
  })
  async related(
    @Parent() article: ArticleSummary,
    @Context() context: RequestContext,
    @Args('first', { type: () => Int, defaultValue: 5, description: 'How many at most, from 1 to 20.' }) first: number,
  ) {
    const found = await this.neighbours.related(article, first, context);
    for (const one of found) noted(context, one);
    noted(context, undefined);
    return found;
  }
}

/** Another article may come between at any time. */
function noted(context: RequestContext, found: ArticleSummary | undefined): ArticleSummary | undefined {
  noteRead(context.req, [answerTags.articleList, ...(found ? [answerTags.article(found.id)] : [])]);
  return found;
}
