import { Inject, Injectable } from '@nestjs/common';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import type { LinksOptions } from '../partners/links.options.js';
import { outlineOf } from './article-outline.js';
import type { ArticleView, PlacementFacts, PlacementState } from './article-view.js';
import { articleView, placementFacts } from './article-view.js';
import type { ArticlesOptions } from './articles.options.js';
import { ARTICLES_OPTIONS } from './articles.options.js';
import type { ArticleSource, CompiledArticle, StoredBody } from './compile-article.js';
import { compileArticle, expandArticle, isSpliced, renderArticle } from './compile-article.js';
import { hashContent, placeholderView } from './content-hash.js';
import { RecompiledHtml } from './recompiled-html.js';

/** An article as read, with its living placements in order. */
export interface RenderableArticle extends ArticleSource {
  readonly compiled: StoredBody;
  readonly contentUpdatedAt: Date;
}

/** The pure engine with this installation's options. */
@Injectable()
export class ArticleRenderer {
  private readonly recompiled = new RecompiledHtml();

  constructor(
    @Inject(ARTICLES_OPTIONS) private readonly options: ArticlesOptions,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  compile(draft: ArticleSource): CompiledArticle {
    return compileArticle(draft, this.options);
  }

  private view(article: RenderableArticle, placements: readonly PlacementState[], linkSuffix?: string): ArticleView {
    return articleView({
      linkSuffix,
      placements,
      affOffsets: article.compiled.affOffsets,
      origin: linkOrigin(this.links),
      updatedOn: article.contentUpdatedAt.toISOString().slice(0, 10),
      now: new Date(),
    });
  }

  renderHtml(article: RenderableArticle, placements: readonly PlacementState[]): string {
    const view = this.view(article, placements);
    const render = (): string => renderArticle(article, view, this.options);
    return isSpliced(article) ? render() : this.recompiled.read(article, view, render);
  }

  /** Links of a preview are never counted. */
  renderPreview(article: RenderableArticle, placements: readonly PlacementState[]): string {
    return renderArticle(article, this.view(article, placements, '?preview=1'), this.options);
  }

  expandMarkdown(article: RenderableArticle, placements: readonly PlacementState[]): string {
    return expandArticle(article, this.view(article, placements), this.options);
  }

  /** What the API says of one placement. */
  facts(placement: Parameters<typeof placementFacts>[0]): PlacementFacts {
    return placementFacts(placement, linkOrigin(this.links), new Date());
  }

  /** Of the partners that are linked, each once. */
  disclosures(placements: readonly PlacementState[]): readonly string[] {
    return articleView({ placements, affOffsets: [], origin: '', updatedOn: '', now: new Date() }).disclosures;
  }

  /** What is searched: the text of the article, with links as its calls name them. */
  readText(source: ArticleSource, { stored, affCalls }: CompiledArticle): string {
    const texts = new Map(stored.affOffsets.map((offset, place) => [offset, affCalls[place]?.text ?? '']));
    const view: ArticleView = {
      linkAt: (offset) => (texts.has(offset) ? { text: texts.get(offset) ?? '', href: undefined } : undefined),
      disclosures: [],
      updatedOn: '',
    };
    return outlineOf(renderArticle({ ...source, compiled: stored }, view, this.options)).text;
  }

  /** Of what readers see whatever partners and tags are. */
  hashContent(source: ArticleSource, { stored }: CompiledArticle): Buffer {
    return hashContent(
      renderArticle({ ...source, compiled: stored }, placeholderView(stored.affOffsets), this.options),
    );
  }
}
