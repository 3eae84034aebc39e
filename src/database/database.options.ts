/** Where the database is and how it is used. Defaults stand at each property. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`, Postgres 15 or newer. May lead through a pooler. */
  readonly url: string;
  /** Past a pooler such as PgBouncer: used for migrations, advisory locks and LISTEN. Default: `url`. */
  readonly directUrl?: string;
  /**
   * Streaming standbys of this database, which answer what strangers ask of Waypost's own GraphQL endpoint while they have
   * everything that they must have. Default: none. A host's own endpoint reads from the primary.
   */
  readonly replicaUrls?: readonly string[];
  /** Connections in the pool, and in the pool of each replica. Default 10. */
  readonly poolSize?: number;
  /** Milliseconds a statement may run. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** Run pending migrations when the module starts. Default true; several nodes may start at once. */
  readonly migrateOnStart?: boolean;
}

/** Token of the `database` slice of the options. */
export const DATABASE_OPTIONS = Symbol('waypost database options');
