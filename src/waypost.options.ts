import type { ArticlesOptions } from './articles/articles.options.js';
import type { AuthOptions } from './auth/auth.options.js';
import type { DatabaseOptions } from './database/database.options.js';
import type { OutboundOptions } from './outbound/outbound.options.js';
import type { GraphqlOptions } from './graphql/graphql.options.js';
import type { LinksOptions } from './partners/links.options.js';
import type { RedirectsOptions } from './redirects/redirects.options.js';
import type { WebhooksOptions } from './webhooks/webhooks.options.js';

/** What a host tells Waypost: the slices of the features, side by side. */
export interface WaypostOptions {
  /** Where the database is. */
  readonly database: DatabaseOptions;
  /** How tracked links are made. */
  readonly links: LinksOptions;
  /** Who may do what. Default: API tokens only. */
  readonly auth?: AuthOptions;
  /** How articles are read and rendered. */
  readonly articles?: ArticlesOptions;
  /** What the GraphQL API bears, and how its answers are kept. */
  readonly graphql?: GraphqlOptions;
  /** How tracked links are served and clicks counted. `false`: not by this process. */
  readonly redirects?: RedirectsOptions | false;
  /** Which servers webhooks, feeds and link checks may reach. Default: public addresses only. */
  readonly outbound?: OutboundOptions;
  /** How the secrets and the log of webhooks are kept. */
  readonly webhooks?: WebhooksOptions;
  /**
   * Whether this process does what no request asks for: changes that come with their moment, webhooks. Default true. Commands that
   * come and go leave it to the servers.
   */
  readonly background?: boolean;
}
