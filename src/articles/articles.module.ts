import type { ModuleMetadata } from '@nestjs/common';
import { ArticleLoadersService } from './article-loaders.loader.js';
import { ArticleReader } from './article-reader.service.js';
import { ArticleRenderer } from './article-renderer.service.js';
import { ArticleWriter } from './article-writer.service.js';
import { ArticleEntity, ArticleTagEntity } from './article.entity.js';
import { ArticlesResolver, PlacementsResolver, TagArticlesResolver } from './articles.resolver.js';
import { ArticlesService } from './articles.service.js';
import { PlacementEntity } from './placement.entity.js';
import { PreviewService } from './preview.service.js';

export const articlesEntities = [ArticleEntity, ArticleTagEntity, PlacementEntity];

export const articlesModule = {
  providers: [
    ArticleRenderer,
    ArticleWriter,
    ArticlesService,
    ArticleLoadersService,
    ArticleReader,
    PreviewService,
    ArticlesResolver,
    TagArticlesResolver,
    PlacementsResolver,
  ],
  exports: [ArticlesService],
} satisfies ModuleMetadata;
