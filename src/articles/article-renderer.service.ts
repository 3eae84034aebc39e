import { Inject, Injectable } from '@nestjs/common';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import type { LinksOptions } from '../partners/links.options.js';
import { ArticleAssets } from './article-assets.js';
import { outlineOf } from './article-outline.js';
import type { ArticleView, PlacementFacts, PlacementState } from './article-view.js';
import { articleView, placementFacts } from './article-view.js';
import type { ArticlesOptions } from './articles.options.js';
import { ARTICLES_OPTIONS } from './articles.options.js';
import { readAssetBase } from './asset-base.js';
import type { ArticleSource, CompiledArticle, StoredBody } from './compile-article.js';
import { compileArticle, expandArticle, goldmarkSettings, isSpliced, renderArticle } from './compile-article.js';
import { hashContent, placeholderView } from './content-hash.js';
import { RecompiledHtml } from './recompiled-html.js';

/** A source with the path of its article, below which the files of its page bundle are served. */
export type PlacedSource = ArticleSource & { readonly path: string };

/** An article as read, with its living placements in order. */
export interface RenderableArticle extends PlacedSource {
  readonly compiled: StoredBody;
  readonly contentUpdatedAt: Date;
}

/** The pure engine with this installation's options. */
@Injectable()
export class ArticleRenderer {
  private readonly recompiled = new RecompiledHtml();
  /** undefined: relative addresses stay. */
  private readonly assets: ArticleAssets | undefined;

  constructor(
    @Inject(ARTICLES_OPTIONS) private readonly options: ArticlesOptions,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {
    const { assetBaseUrl } = options;
    this.assets = assetBaseUrl === undefined ? undefined : new ArticleAssets(readAssetBase(assetBaseUrl));
  }

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
    const html = isSpliced(article) ? render() : this.recompiled.read(article, view, render);
    return this.withAssets(html, article);
  }

  /** Links of a preview are never counted. */
  renderPreview(article: RenderableArticle, placements: readonly PlacementState[]): string {
    const html = renderArticle(article, this.view(article, placements, '?preview=1'), this.options);
    return this.withAssets(html, article);
  }

  expandMarkdown(article: RenderableArticle, placements: readonly PlacementState[]): string {
    const markdown = expandArticle(article, this.view(article, placements), this.options);
    return this.assets?.inMarkdown(markdown, article.path, goldmarkSettings(this.options)) ?? markdown;
  }

  /** `image`: as the front matter of an article names it. */
  imageUrl(image: string, { path }: { readonly path: string }): string {
    return this.assets?.imageUrl(image, path, linkOrigin(this.links)) ?? image;
  }

  private withAssets(html: string, { path }: PlacedSource): string {
    return this.assets?.inHtml(html, path) ?? html;
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
  hashContent(source: PlacedSource, { stored }: CompiledArticle): Buffer {
    const html = renderArticle({ ...source, compiled: stored }, placeholderView(stored.affOffsets), this.options);
    return hashContent(this.withAssets(html, source));
  }
}
