import type { ModuleMetadata } from '@nestjs/common';
import { ArticleLoadersService } from './article-loaders.loader.js';
import { ArticleReader } from './article-reader.service.js';
import { ArticleRevisionEntity } from './article-revision.entity.js';
import { ArticleRevisionsResolver } from './article-revisions.resolver.js';
import { ArticleRevisionsService } from './article-revisions.service.js';
import { ArticleRenderer } from './article-renderer.service.js';
import { ArticleWriter } from './article-writer.service.js';
import { ArticleEntity, ArticleTagEntity } from './article.entity.js';
import { ArticlesResolver, PlacementsResolver, TagArticlesResolver } from './articles.resolver.js';
import { ArticlesService } from './articles.service.js';
import { ChangeSetsService } from './change-sets.service.js';
import { ChangesResolver } from './changes.resolver.js';
import { DueMomentsService } from './due-moments.service.js';
import { PlacementEntity } from './placement.entity.js';
import { PreviewService } from './preview.service.js';

export const articlesEntities = [ArticleEntity, ArticleTagEntity, ArticleRevisionEntity, PlacementEntity];

export const articlesModule = {
  providers: [
    ArticleRenderer,
    ArticleWriter,
    ArticlesService,
    ArticleLoadersService,
    ArticleReader,
    PreviewService,
    ArticleRevisionsService,
    DueMomentsService,
    ChangeSetsService,
    ArticlesResolver,
    TagArticlesResolver,
    PlacementsResolver,
    ArticleRevisionsResolver,
    ChangesResolver,
  ],
  exports: [ArticlesService],
} satisfies ModuleMetadata;
