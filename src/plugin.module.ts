import type { ModuleMetadata } from '@nestjs/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { ARTICLES_OPTIONS } from './articles/articles.options.js';
import { AUTH_OPTIONS } from './auth/auth.tokens.js';
import { RUNS_BACKGROUND } from './changes/background.options.js';
import { databaseProviders, WAYPOST_DATA_SOURCE } from './database/database.module.js';
import { DATABASE_OPTIONS } from './database/database.options.js';
import { Replicas } from './database/replicas.service.js';
import type { EntityClass } from './database/waypost.datasource.js';
import { OUTBOUND_OPTIONS } from './outbound/outbound.options.js';
import { GRAPHQL_OPTIONS } from './graphql/graphql.options.js';
import { LINKS_OPTIONS } from './partners/links.options.js';
import { REDIRECTS_OPTIONS } from './redirects/redirects.options.js';
import type { WaypostOptions } from './waypost.options.js';
import { WEBHOOKS_OPTIONS } from './webhooks/webhooks.options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<WaypostOptions>()
  .setClassMethodName('forRoot')
  .build();

/** Gives `forRoot` and `forRootAsync`. */
export { ConfigurableModuleClass };

/** What a feature brings to the module it is joined into. */
export type Feature = Required<Pick<ModuleMetadata, 'providers' | 'exports'>>;

const slice = <Name extends keyof WaypostOptions>(token: symbol, name: Name, fallback?: WaypostOptions[Name]) => ({
  provide: token,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: (options: WaypostOptions) => options[name] ?? fallback,
});

/** One module with the providers of all these features. Every half migrates the whole schema: they may share a database. */
export function joinFeatures(features: readonly Feature[], entities: readonly EntityClass[]): ModuleMetadata {
  return {
    providers: [
      slice(DATABASE_OPTIONS, 'database'),
      slice(LINKS_OPTIONS, 'links'),
      slice(AUTH_OPTIONS, 'auth', {}),
      slice(ARTICLES_OPTIONS, 'articles', {}),
      slice(GRAPHQL_OPTIONS, 'graphql', {}),
      slice(REDIRECTS_OPTIONS, 'redirects', {}),
      slice(OUTBOUND_OPTIONS, 'outbound', {}),
      slice(WEBHOOKS_OPTIONS, 'webhooks', {}),
      slice(RUNS_BACKGROUND, 'background', true),
      ...databaseProviders(entities),
      ...features.flatMap((feature) => feature.providers),
    ],
    exports: [WAYPOST_DATA_SOURCE, Replicas, ...features.flatMap((feature) => feature.exports)],
  };
}
