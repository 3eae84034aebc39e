import { Module } from '@nestjs/common';
import { articlesEntities, articlesModule } from './articles/articles.module.js';
import { authEntities, authModule } from './auth/auth.module.js';
import { changesModule } from './changes/changes.module.js';
import { importExportModule } from './import-export/import-export.module.js';
import { graphqlModule } from './graphql/graphql.module.js';
import { outboundModule } from './outbound/outbound.module.js';
import { partnersEntities, partnersModule } from './partners/partners.module.js';
import type { Feature } from './plugin.module.js';
import { ConfigurableModuleClass, joinFeatures } from './plugin.module.js';
import { tagsEntities, tagsModule } from './tags/tags.module.js';
import { webhooksEntities, webhooksModule } from './webhooks/webhooks.module.js';

export const contentFeatures: readonly Feature[] = [
  changesModule,
  authModule,
  graphqlModule,
  partnersModule,
  tagsModule,
  articlesModule,
  importExportModule,
  outboundModule,
  webhooksModule,
];

/** Articles and tags, for a host that serves the tracked links elsewhere. */
@Module(
  joinFeatures(contentFeatures, [
    ...authEntities,
    ...partnersEntities,
    ...tagsEntities,
    ...articlesEntities,
    ...webhooksEntities,
  ]),
)
export class ContentModule extends ConfigurableModuleClass {}
