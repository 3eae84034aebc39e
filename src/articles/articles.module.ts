import type { ModuleMetadata } from '@nestjs/common';
import { ArticleLoadersService } from './article-loaders.loader.js';
import { ArticleNeighboursService } from './article-neighbours.service.js';
import { ArticleOutlinesResolver } from './article-outlines.resolver.js';
import { ArticleReader } from './article-reader.service.js';
import { ArticleRevisionEntity } from './article-revision.entity.js';
import { ArticleRevisionsResolver, RevisionSourcesResolver } from './article-revisions.resolver.js';
import { ArticleRevisionsService } from './article-revisions.service.js';
import { ArticleRedirectsResolver } from './article-redirects.resolver.js';
import { ArticleRedirectsService } from './article-redirects.service.js';
import { ArticleRenderer } from './article-renderer.service.js';
import { ArticleSearchResolver } from './article-search.resolver.js';
import { ArticleSearchService } from './article-search.service.js';
import { ArticleSettingsService } from './article-settings.service.js';
import { ArticleWriter } from './article-writer.service.js';
import { ArticleEntity, ArticleTagEntity } from './article.entity.js';
import { ArticlesResolver, PlacementsResolver, TagArticlesResolver } from './articles.resolver.js';
import { ArticlesService } from './articles.service.js';
import { ChangeSetsService } from './change-sets.service.js';
import { ChangesResolver } from './changes.resolver.js';
import { DueMomentsService } from './due-moments.service.js';
import { FormerAddressEntity } from './former-address.entity.js';
import { PlacementEntity } from './placement.entity.js';
import { PreviewService } from './preview.service.js';

export const articlesEntities = [
  ArticleEntity,
  ArticleTagEntity,
  ArticleRevisionEntity,
  FormerAddressEntity,
  PlacementEntity,
];

export const articlesModule = {
  providers: [
    ArticleRenderer,
    ArticleWriter,
    ArticlesService,
    ArticleLoadersService,
    ArticleReader,
    PreviewService,
    ArticleRevisionsService,
    ArticleRedirectsService,
    ArticleSearchService,
    ArticleNeighboursService,
    DueMomentsService,
    ArticleSettingsService,
    ChangeSetsService,
    ArticlesResolver,
    TagArticlesResolver,
    PlacementsResolver,
    ArticleRevisionsResolver,
    RevisionSourcesResolver,
    ArticleRedirectsResolver,
    ArticleSearchResolver,
    ArticleOutlinesResolver,
    ChangesResolver,
  ],
  exports: [ArticlesService],
} satisfies ModuleMetadata;
