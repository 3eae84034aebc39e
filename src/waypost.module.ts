import { Module } from '@nestjs/common';
import { accessModule } from './access/access.module.js';
import { affiliateFeatures } from './affiliates.module.js';
import { articlesEntities } from './articles/articles.module.js';
import { authEntities } from './auth/auth.module.js';
import { contentFeatures } from './content.module.js';
import { graphqlServerModule } from './graphql/graphql.module.js';
import { partnersEntities } from './partners/partners.module.js';
import { ConfigurableModuleClass, joinFeatures } from './plugin.module.js';
import { articleReportsModule } from './reports/article-reports.module.js';
import { tagsEntities } from './tags/tags.module.js';
import { webhooksEntities } from './webhooks/webhooks.module.js';

/** Every table of this version; the drift test compares them with what the migrations make. */
export const waypostEntities = [
  ...authEntities,
  ...partnersEntities,
  ...tagsEntities,
  ...articlesEntities,
  ...webhooksEntities,
];

const features = [
  ...new Set([...affiliateFeatures, ...contentFeatures, articleReportsModule, accessModule, graphqlServerModule]),
];

/** Every resolver, for the committed schema. */
export const waypostResolvers = features
  .flatMap((feature) => feature.providers)
  .filter((provider) => typeof provider === 'function' && Reflect.hasMetadata('graphql:resolver_type', provider));

/**
 * The plugin: everything of Waypost in one module, private to it but for the services it exports. It is not global and
 * registers nothing for the whole application, so that it can be mounted in any, more than once.
 */
@Module(joinFeatures(features, waypostEntities))
export class WaypostModule extends ConfigurableModuleClass {}
