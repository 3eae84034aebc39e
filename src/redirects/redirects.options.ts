import type { LinksState } from './engine-states.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressNetworks, TrustedProxies } from '../clicks/client-address.js';

/** Tracked links as a running thing. */
export interface LinksEngine {
  /** False where the request is not for a tracked link: then nothing has been done to it. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  state(): LinksState;
  /** Begins the work with the database, whose migrations must have run. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedirectEngineOptions {
  /** Where the database is; past any pooler. */
  readonly databaseUrl: string;
  /** The click log and the kept link directory live below it. One living process at a time; the caller sees to that. */
  readonly dataDirectory: string;
  /** Origins under which this site answers; a destination that leads back to one is refused. */
  readonly ownOrigins: () => readonly string[];
  readonly trustedProxies?: TrustedProxies;
  /** The publisher's own addresses: their clicks are not counted. */
  readonly ownAddresses?: AddressNetworks;
  readonly durability?: 'durable' | 'memory';
  /** Default 90. */
  readonly retentionDays?: number;
  /** Default 2000. */
  readonly duplicateWindowMs?: number;
  readonly clickIdHeader?: string;
  /** A file in MaxMind's format. Default: countries are not known. */
  readonly countryDatabase?: string;
  /** Bytes that the click log may hold while Postgres is away. Default: the disk is the limit. */
  readonly maxLogBytes?: number;
  /** Clicks go through NATS JetStream there, in place of the local log. */
  readonly natsUrl?: string;
  /** Path of tracked links. Default `/go/`. */
  readonly prefix?: string;
  /** `thread` where the compiled files are, `here` in tests, `elsewhere` in a worker whose supervisor drains. */
  readonly drain?: 'thread' | 'here' | 'elsewhere';
  readonly onProblem: (sentence: string) => void;
  /** Told the name under which this process writes, before it writes. */
  readonly onWriter?: (writer: string) => void;
  /** Told twice a second how it goes, and how many clicks a second were answered since the last time. */
  readonly onState?: (state: LinksState, clicksPerSecond: number) => void;
}

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
  readonly engine?: LinksEngine;
  /** What readiness and metrics tell, where several processes serve. Default: this one's. */
  readonly state?: () => LinksState | undefined;
}

/** The slice, or false where no links are served: a command beside a server. */
export const REDIRECTS_OPTIONS = Symbol('waypost redirects options');
