import { checkPlatform } from './embedded-postgres-binaries.js';
import { ROLE, type Connection } from './embedded-postgres-cluster.js';
import { Session } from './embedded-postgres-session.js';
import { makeDataDirectory } from './data-directory.js';

export { EmbeddedPostgresError } from './embedded-postgres-error.js';

export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** True when this process started the server or took it over from a killed one; it then also restarts it. */
  readonly owned: boolean;
  /** Ends this process's use. The last process that uses the server stops it, whoever started it. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDirectory: string;
  /** Created when missing. Default `waypost`. */
  readonly database?: string;
  readonly report?: (line: string) => void;
  /** More settings of the server, for tests. Without effect on a server that already runs. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts the server, or takes over the one that a killed process left, and keeps it running until `stop`. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return useServer(options, 'keep-running');
}

/** Joins the running server, or starts one for this process. */
export async function joinEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return useServer(options, 'use');
}

async function useServer(options: EmbeddedPostgresOptions, intent: 'keep-running' | 'use'): Promise<EmbeddedPostgres> {
  checkPlatform();
  const dataDirectory = makeDataDirectory(options.dataDirectory);
  const database = options.database ?? 'waypost';
  const session = new Session(dataDirectory, { ...options, database });
  const { started } = await session.open();
  const owned = started || intent === 'keep-running';
  if (owned) session.watch();
  return {
    connectionString: connectionStringOf(session.connection, database),
    owned,
    stop: () => session.close(),
  };
}

function connectionStringOf({ port, password }: Connection, database: string): string {
  return `postgres://${ROLE}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
