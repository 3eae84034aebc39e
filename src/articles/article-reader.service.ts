import { Inject, Injectable } from '@nestjs/common';
import type { RequestContext } from '../auth/access.guard.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import type { TagEntity } from '../tags/tag.entity.js';
import { PerContext } from '../kernel/per-context.js';
import type { LinksOptions } from '../partners/links.options.js';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import { articleJsonLd } from './article-json-ld.js';
import type { ArticleBody } from './article-loaders.loader.js';
import { ArticleLoadersService } from './article-loaders.loader.js';
import type { ArticleOutline } from './article-outline.js';
import { countWords, outlineOf } from './article-outline.js';
import { ArticleRenderer } from './article-renderer.service.js';
import type { RenderableArticle } from './article-renderer.service.js';
import type { PlacementFacts, PlacementState } from './article-view.js';
import type { ArticleSummary } from './article-summary.service.js';
import type { StoredDiagnostic } from './diagnostic.js';
import { unknownPartner } from './diagnostic.js';
import type { PlacementEntity } from './placement.entity.js';
import { PreviewService } from './preview.service.js';
import type { PreviewResult } from './preview.service.js';

type Placed = PlacementState & Pick<PlacementEntity, 'line' | 'column' | 'label'>;

/** Everything of an article that is computed when it is read. Each statement is shared by all articles of a query. */
@Injectable()
export class ArticleReader {
  private readonly outlines = new PerContext(() => new Map<string, Promise<ArticleOutline>>());

  constructor(
    private readonly loaders: ArticleLoadersService,
    private readonly renderer: ArticleRenderer,
    private readonly previews: PreviewService,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  /** Empty where the article was deleted after the query found it: a moment later there is none to find. */
  async source(article: ArticleSummary, context: RequestContext): Promise<string> {
    return (await this.loaders.of(context).source.load(article.id)) ?? '';
  }

  async html(article: ArticleSummary, context: RequestContext): Promise<string> {
    const loaders = this.loaders.of(context);
    const [body, placements] = await Promise.all([loaders.body.load(article.id), this.placed(article, context)]);
    return this.renderer.renderHtml(this.renderable(article, body ?? this.emptyBody()), placements);
  }

  /** What is read off its HTML, once for all fields of an answer that ask for it. */
  outline(article: ArticleSummary, context: RequestContext): Promise<ArticleOutline> {
    const outlines = this.outlines.of(context);
    const outline = outlines.get(article.id) ?? this.html(article, context).then(outlineOf);
    outlines.set(article.id, outline);
    return outline;
  }

  async jsonLd(article: ArticleSummary, context: RequestContext): Promise<string> {
    const [{ text }, tags] = await Promise.all([this.outline(article, context), this.tags(article, context)]);
    const { title, description, locale, contentUpdatedAt, params } = article;
    return articleJsonLd({
      title,
      description,
      locale,
      url: article.canonicalUrl ?? linkOrigin(this.links) + article.path,
      publishedAt: article.firstPublishedAt ?? article.publishedAt,
      contentUpdatedAt,
      tags: tags.map(({ name }) => name),
      wordCount: countWords(text),
      params,
      imageUrl: (image) => this.renderer.imageUrl(image, article),
    });
  }

  async markdown(article: ArticleSummary, context: RequestContext): Promise<string> {
    const loaders = this.loaders.of(context);
    const [body, source, placements] = await Promise.all([
      loaders.body.load(article.id),
      this.source(article, context),
      this.placed(article, context),
    ]);
    const renderable = this.renderable(article, { ...(body ?? this.emptyBody()), source });
    return this.renderer.expandMarkdown(renderable, placements);
  }

  async tags(article: ArticleSummary, context: RequestContext): Promise<TagEntity[]> {
    const tags = await this.loaders.of(context).tags.load(article.id);
    noteRead(
      context.req,
      tags.map(({ id }) => answerTags.tag(id)),
    );
    return tags;
  }

  async placements(article: ArticleSummary, context: RequestContext): Promise<PlacementFacts[]> {
    const placements = await this.placed(article, context);
    return placements.map((placement) => this.renderer.facts(placement));
  }

  async diagnostics(article: ArticleSummary, context: RequestContext): Promise<StoredDiagnostic[]> {
    const placements = await this.placed(article, context);
    const unknown = placements.filter((placement) => !placement.partner).map(unknownPartner);
    return [...article.diagnostics, ...unknown].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  async disclosure(article: ArticleSummary, context: RequestContext): Promise<string | null> {
    const placements = await this.placed(article, context);
    return this.renderer.disclosures(placements).join(' ') || null;
  }

  preview(source: string, path: string): Promise<PreviewResult> {
    return this.previews.preview(source, path);
  }

  private renderable(article: ArticleSummary, { source, compiled }: ArticleBody): RenderableArticle {
    const { path, sourceLine, isTrusted, contentUpdatedAt } = article;
    return { path, source: source ?? '', sourceLine, isTrusted, compiled, contentUpdatedAt };
  }

  private emptyBody(): ArticleBody {
    return { source: '', compiled: this.renderer.compile({ source: '', sourceLine: 1, isTrusted: true }).stored };
  }

  private async placed(article: ArticleSummary, context: RequestContext): Promise<Placed[]> {
    const { placements, partner } = this.loaders.of(context);
    const rows = await placements.load(article.id);
    noteRead(
      context.req,
      rows.map(({ partnerKey }) => answerTags.partner(partnerKey)),
    );
    return Promise.all(
      rows.map(async ({ id, partnerKey, text, line, column, label }) => {
        return { id, partnerKey, text, line, column, label, partner: await partner.load(partnerKey) };
      }),
    );
  }
}
