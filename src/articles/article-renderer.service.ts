import { Inject, Injectable } from '@nestjs/common';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import type { LinksOptions } from '../partners/links.options.js';
import type { ArticleDraft } from './article-draft.js';
import type { ArticleView, PartnerView, PlacementLink, PlacementState } from './article-view.js';
import { articleView, placementLink } from './article-view.js';
import type { ArticlesOptions } from './articles.options.js';
import { ARTICLES_OPTIONS } from './articles.options.js';
import type { ArticleSource, CompiledArticle, StoredBody } from './compile-article.js';
import { compileArticle, expandArticle, renderArticle } from './compile-article.js';
import type { AssignedPlacement } from './placement-ids.js';
import { hashProjection } from './public-projection.js';

/** An article as read, with its living placements in order. */
export interface RenderableArticle extends ArticleSource {
  readonly compiled: StoredBody;
  readonly contentUpdatedAt: Date;
}

/** The pure engine with this installation's options. */
@Injectable()
export class ArticleRenderer {
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
    return renderArticle(article, this.view(article, placements), this.options);
  }

  /** Links of a preview are never counted. */
  renderPreview(article: RenderableArticle, placements: readonly PlacementState[]): string {
    return renderArticle(article, this.view(article, placements, '?preview=1'), this.options);
  }

  expandMarkdown(article: RenderableArticle, placements: readonly PlacementState[]): string {
    return expandArticle(article, this.view(article, placements), this.options);
  }

  /** What readers get at one placement. */
  link(placement: PlacementState): PlacementLink {
    return placementLink(placement, linkOrigin(this.links), new Date());
  }

  /** Of the partners that are linked, each once. */
  disclosures(placements: readonly PlacementState[]): readonly string[] {
    return articleView({ placements, affOffsets: [], origin: '', updatedOn: '', now: new Date() }).disclosures;
  }

  /** The origin of links and the live date are fixed, so that neither counts as a change of content. */
  hashContent(
    draft: ArticleDraft,
    { affCalls, stored }: CompiledArticle,
    assigned: readonly AssignedPlacement[],
    partners: ReadonlyMap<string, PartnerView>,
    tags: readonly (readonly [slug: string, name: string])[],
  ): Buffer {
    const placements = affCalls.map((call, index) => ({
      id: assigned[index]?.id ?? '',
      partnerKey: call.partnerKey,
      text: call.text,
      partner: partners.get(call.partnerKey),
    }));
    const view = articleView({
      placements,
      affOffsets: stored.affOffsets,
      origin: '',
      updatedOn: '1970-01-01',
      now: new Date(),
    });
    const html = renderArticle({ ...draft, compiled: stored }, view, this.options);
    const { title, description, canonicalUrl } = draft;
    return hashProjection({
      title,
      description,
      canonicalUrl,
      tags,
      html,
      disclosure: view.disclosures.join(' ') || null,
    });
  }
}
