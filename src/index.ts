/** The published `waypost`: the plugin, its services, and the types of its options and extension points. */
export { WaypostModule } from './waypost.module.js';
export type { WaypostOptions } from './waypost.options.js';
export type { DatabaseOptions } from './database/database.options.js';
export type { LinksOptions } from './partners/links.options.js';
export type { AuthOptions, HostActor } from './auth/auth.options.js';
export type { Scope } from './auth/scope.js';
export type { ArticlesOptions } from './articles/articles.options.js';
export { ApiTokensService } from './auth/api-tokens.service.js';
export { ArticlesService } from './articles/articles.service.js';
export { PartnersService } from './partners/partners.service.js';
export { TagsService } from './tags/tags.service.js';
export { ImportService } from './import-export/import.service.js';
export { graphqlRequestRules } from './graphql/request-rules.service.js';
export type { AnswerCacheOptions, GraphqlLimits, GraphqlOptions } from './graphql/graphql.options.js';
export { formatGraphqlError } from './graphql/format-error.service.js';
export { WaypostError, type ErrorCode } from './kernel/errors.js';
export type { ShortcodeCall, ShortcodeDefinition, ShortcodeDefinitions } from './shortcodes/definition.js';
