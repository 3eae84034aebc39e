import type { ModuleMetadata } from '@nestjs/common';
import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { articlesEntities, articlesModule } from './articles/articles.module.js';
import { ARTICLES_OPTIONS } from './articles/articles.options.js';
import { authEntities, authModule } from './auth/auth.module.js';
import { AUTH_OPTIONS } from './auth/auth.tokens.js';
import { DATABASE_OPTIONS, databaseProviders } from './database/database.module.js';
import { graphqlModule } from './graphql/graphql.module.js';
import { importExportModule } from './import-export/import-export.module.js';
import { LINKS_OPTIONS } from './partners/links.options.js';
import { partnersEntities, partnersModule } from './partners/partners.module.js';
import { reportsModule } from './reports/reports.module.js';
import { tagsEntities, tagsModule } from './tags/tags.module.js';
import type { WaypostOptions } from './waypost.options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<WaypostOptions>()
  .setClassMethodName('forRoot')
  .build();

/** Every table of this version; the drift test compares them with what the migrations make. */
export const waypostEntities = [...authEntities, ...partnersEntities, ...tagsEntities, ...articlesEntities];

const features: readonly Required<Pick<ModuleMetadata, 'providers' | 'exports'>>[] = [
  authModule,
  graphqlModule,
  partnersModule,
  tagsModule,
  articlesModule,
  importExportModule,
  reportsModule,
];

/** Every resolver, for the committed schema. */
export const waypostResolvers = features
  .flatMap((feature) => feature.providers)
  .filter((provider) => typeof provider === 'function' && Reflect.hasMetadata('graphql:resolver_type', provider));

const slice = <Name extends keyof WaypostOptions>(token: symbol, name: Name, fallback?: WaypostOptions[Name]) => ({
  provide: token,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: (options: WaypostOptions) => options[name] ?? fallback,
});

/**
 * The plugin: everything of Waypost in one module, private to it but for the services it exports. It is not global and
 * registers nothing for the whole application, so that it can be mounted in any, more than once.
 */
@Module({
  providers: [
    slice(DATABASE_OPTIONS, 'database'),
    slice(LINKS_OPTIONS, 'links'),
    slice(AUTH_OPTIONS, 'auth', {}),
    slice(ARTICLES_OPTIONS, 'articles', {}),
    ...databaseProviders(waypostEntities),
    ...features.flatMap((feature) => feature.providers),
  ],
  exports: features.flatMap((feature) => feature.exports),
})
export class WaypostModule extends ConfigurableModuleClass {}
