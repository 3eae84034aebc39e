import type { ModuleMetadata } from '@nestjs/common';
import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { articlesEntities, articlesModule } from './articles/articles.module.js';
import { ARTICLES_OPTIONS } from './articles/articles.options.js';
import { authEntities, authModule } from './auth/auth.module.js';
import { AUTH_OPTIONS } from './auth/auth.tokens.js';
import { DATABASE_OPTIONS, databaseProviders, WAYPOST_DATA_SOURCE } from './database/database.module.js';
import { importExportModule } from './import-export/import-export.module.js';
import { LINKS_OPTIONS } from './partners/links.options.js';
import { partnersApiModule, partnersEntities, partnersModule } from './partners/partners.module.js';
import { redirectsModule } from './redirects/redirects.module.js';
import { REDIRECTS_OPTIONS } from './redirects/redirects.options.js';
import { articleReportsModule, reportsModule } from './reports/reports.module.js';
import { tagsEntities, tagsModule } from './tags/tags.module.js';
import type { WaypostOptions } from './waypost.options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<WaypostOptions>()
  .setClassMethodName('forRoot')
  .build();

/** Every table of this version; the drift test compares them with what the migrations make. */
export const waypostEntities = [...authEntities, ...partnersEntities, ...tagsEntities, ...articlesEntities];

type Feature = Required<Pick<ModuleMetadata, 'providers' | 'exports'>>;

const affiliates: readonly Feature[] = [authModule, partnersModule, partnersApiModule, redirectsModule, reportsModule];
const content: readonly Feature[] = [authModule, partnersModule, tagsModule, articlesModule, importExportModule];
const everything = [...new Set([...affiliates, ...content, articleReportsModule])];

/** Every resolver, for the committed schema. */
export const waypostResolvers = everything
  .flatMap((feature) => feature.providers)
  .filter((provider) => typeof provider === 'function' && Reflect.hasMetadata('graphql:resolver_type', provider));

const slice = <Name extends keyof WaypostOptions>(token: symbol, name: Name, fallback?: WaypostOptions[Name]) => ({
  provide: token,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: (options: WaypostOptions) => options[name] ?? fallback,
});

/** One module with the providers of all these features. Every half brings the whole schema: they may share a database. */
function joined(features: readonly Feature[]): ModuleMetadata {
  return {
    providers: [
      slice(DATABASE_OPTIONS, 'database'),
      slice(LINKS_OPTIONS, 'links'),
      slice(AUTH_OPTIONS, 'auth', {}),
      slice(ARTICLES_OPTIONS, 'articles', {}),
      slice(REDIRECTS_OPTIONS, 'redirects', {}),
      ...databaseProviders(waypostEntities),
      ...features.flatMap((feature) => feature.providers),
    ],
    exports: [WAYPOST_DATA_SOURCE, ...features.flatMap((feature) => feature.exports)],
  };
}

/**
 * The plugin: everything of Waypost in one module, private to it but for the services it exports. It is not global and
 * registers nothing for the whole application, so that it can be mounted in any, more than once.
 */
@Module(joined(everything))
export class WaypostModule extends ConfigurableModuleClass {}

/** Partners, shortcodes, tracked links, clicks and reports, for a host with articles and tags of its own. */
@Module(joined(affiliates))
export class AffiliatesModule extends ConfigurableModuleClass {}

/** Articles and tags, for a host that serves the tracked links elsewhere. */
@Module(joined(content))
export class ContentModule extends ConfigurableModuleClass {}
