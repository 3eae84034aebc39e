import type { RedirectEngine, RedirectEngineOptions } from './redirect-engine.service.js';

/** Tracked links and the counting of their clicks. */
export interface RedirectsOptions extends Partial<
  Pick<
    RedirectEngineOptions,
    | 'dataDirectory'
    | 'trustedProxies'
    | 'ownAddresses'
    | 'durability'
    | 'retentionDays'
    | 'duplicateWindowMs'
    | 'clickIdHeader'
    | 'countryDatabase'
    | 'maxLogBytes'
    | 'natsUrl'
    | 'prefix'
    | 'drain'
  >
> {
  /** One that runs already, and that its maker stops: the standalone server serves links before anything else is there. */
  readonly engine?: RedirectEngine;
}

/** The slice, or false where no links are served: a command beside a server. */
export const REDIRECTS_OPTIONS = Symbol('waypost redirects options');
