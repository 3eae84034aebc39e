import { Module } from '@nestjs/common';
import { authEntities, authModule } from './auth/auth.module.js';
import { graphqlModule } from './graphql/graphql.module.js';
import { partnersApiModule, partnersEntities, partnersModule } from './partners/partners.module.js';
import type { Feature } from './plugin.module.js';
import { ConfigurableModuleClass, joinFeatures } from './plugin.module.js';
import { redirectsModule } from './redirects/redirects.module.js';
import { reportsModule } from './reports/reports.module.js';

export const affiliateFeatures: readonly Feature[] = [
  authModule,
  graphqlModule,
  partnersModule,
  partnersApiModule,
  redirectsModule,
  reportsModule,
];

/**
 * Partners, shortcodes, tracked links, clicks and reports, for a host with articles and tags of its own: nothing that this
 * file imports names a GraphQL type `Article` or `Tag`, which would clash with the host's.
 */
@Module(joinFeatures(affiliateFeatures, [...authEntities, ...partnersEntities]))
export class AffiliatesModule extends ConfigurableModuleClass {}
