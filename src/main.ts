import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { ApiTokensService } from './auth/api-tokens.service.js';
import { SCOPES } from './auth/scope.js';
import type { Environment } from './config/environment.js';
import { lockDataDirectory } from './database/data-directory.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import type { DatabaseOptions } from './database/database.options.js';
import { HttpDoor, signInSettingsOf } from './http/http-door.middleware.js';
import { HttpErrorFilter } from './http/http-error.filter.js';
import type { HttpOptions } from './http/http.options.js';
import { SERVER_LIMITS } from './http/http.options.js';
import { OperationsServer } from './http/operations-server.middleware.js';
import { GraphqlServer } from './graphql/graphql-server.middleware.js';
import { WaypostError } from './kernel/errors.js';
import type { LinksState } from './redirects/engine-states.js';
import { PinoLog } from './observability/pino-log.service.js';
import { FrontServer } from './redirects/front-server.js';
import { RedirectEngine } from './redirects/redirect-engine.service.js';
import { createStartingListener } from './redirects/starting-answers.js';
import { SampleService } from './import-export/sample.service.js';
import { readyText } from './config/ready-text.js';
import { StartError } from './config/start-error.js';

/** The server as a running thing: what it prints, and how it stops. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** What another process does for this one, when several share a port. */
export interface WorkerRole {
  readonly databaseUrl: string;
  /** The first one prepares what a first start prepares, and tells the person. */
  readonly isFirst: boolean;
  /** The picture of all processes, as soon as there is one. */
  readonly state: () => LinksState | undefined;
  readonly onWriter: (writer: string) => void;
  readonly onState: (state: LinksState, clicksPerSecond: number) => void;
}

export interface ServerHooks {
  readonly role?: WorkerRole;
  readonly log?: PinoLog;
  /** Told once links are served and the rest is not there yet, perhaps for as long as Postgres is away: from then on a stop has something to finish. */
  readonly onServing?: (server: RunningServer) => void;
}

/** Of the ten seconds that a stop may take; requests under way have three before that. */
const LONGEST_CLOSE_MS = 2000;
const LONGEST_DRAIN_MS = 4000;

/** Gives up waiting, not the work: what hangs, such as a Postgres that does not answer, must not keep the rest from ending. */
async function within(mostMs: number, what: string, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${mostMs / 1000} seconds.`)), mostMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Starts everything in order; what was started is stopped again when a later step fails. */
export async function startServer(
  environment: Environment,
  print: (line: string) => void,
  { role, log = logOf(environment), onServing }: ServerHooks = {},
): Promise<RunningServer> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    // The last started stops first. One failure does not keep the rest from stopping.
    while (stops.length > 0)
      await stops
        .pop()?.()
        .catch((error: unknown) => print(error instanceof Error ? error.message : String(error)));
  };
  try {
    const databaseUrl = role?.databaseUrl ?? (await startAlone(environment, print, stops));
    const { databaseDirectUrl: directUrl, databaseReplicaUrls: replicaUrls } = environment;
    const database = { url: databaseUrl, directUrl, replicaUrls };
    const links = await startLinks(environment, database, log, stops, role);
    const operations = await startOperations(environment, links, stops);
    if (links.server.isListening) onServing?.({ url: links.url(), stop });
    const { app, rest } = await startApplication(environment, database, links, print, log, role);
    operations?.setRest(rest);
    stops.push(() => within(LONGEST_CLOSE_MS, 'The API', app.close()));
    // Once more, at the top: requests end before what answers them.
    stops.push(async () => {
      await Promise.all([links.server.close(), operations?.close()]);
    });
    if (!links.server.isListening) await links.server.listen(environment.port, environment.host);
    const url = links.url();
    if (role?.isFirst === false) return { url, stop };
    const tokenFile = await ensureFirstToken(app.get(ApiTokensService), environment);
    if (environment.sample) await app.get(SampleService).loadOnce();
    const sample = await app.get(SampleService).find();
    print(readyText({ url, environment, tokenFile, sample, workingDirectory: process.cwd() }));
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns where the database is. */
async function startAlone(
  environment: Environment,
  print: (line: string) => void,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const directory = await lockDataDirectory(environment.dataDirectory);
  stops.push(() => directory.release());
  await findPort(environment);
  return environment.databaseUrl ?? startDatabase(environment, print, stops);
}

interface Links {
  readonly server: FrontServer;
  readonly engine: RedirectEngine;
  /** Empty until the server listens. */
  readonly url: () => string;
}

/** Tracked links come first: with the directory of the last run they are served before the rest is there. */
async function startLinks(
  environment: Environment,
  database: DatabaseOptions,
  log: PinoLog,
  stops: (() => Promise<void>)[],
  role: WorkerRole | undefined,
): Promise<Links> {
  // Asked for before the server is there: the links of the last run are read with the engine.
  let server: FrontServer | undefined;
  const url = (): string => (server?.isListening === true ? urlOf(environment.host, server.address) : '');
  const { clicks } = environment;
  const engine = await RedirectEngine.open({
    databaseUrl: database.directUrl ?? database.url,
    dataDirectory: environment.dataDirectory,
    ownOrigins: () => [environment.publicUrl ?? '', url()].filter((origin) => origin !== ''),
    trustedProxies: clicks.trustedProxies,
    ownAddresses: clicks.ownAddresses,
    durability: clicks.durability,
    retentionDays: clicks.retentionDays,
    clickIdHeader: clicks.idHeader,
    countryDatabase: clicks.countryDatabase,
    natsUrl: clicks.natsUrl,
    drain: role === undefined ? 'thread' : 'elsewhere',
    onWriter: role?.onWriter,
    onState: role?.onState,
    onProblem: (sentence) => log.warn(sentence, 'Clicks'),
  });
  stops.push(() => within(LONGEST_DRAIN_MS, 'The drain of clicks', engine.stop()));
  const front = new FrontServer(
    (request, response) => engine.handle(request, response),
    createStartingListener({
      state: () => engine.state(),
      hidesDetails: environment.http.operationsPort !== undefined,
    }),
    SERVER_LIMITS,
  );
  server = front;
  stops.push(() => front.close());
  if (engine.hasKeptLinks) await front.listen(environment.port, environment.host);
  return { server: front, engine, url };
}

/** Health and metrics on a listener of their own, where one is wanted. It tells of a start, too, that waits for Postgres. */
async function startOperations(
  { http }: Environment,
  { engine }: Links,
  stops: (() => Promise<void>)[],
): Promise<OperationsServer | undefined> {
  if (http.operationsPort === undefined) return undefined;
  const operations = new OperationsServer(createStartingListener({ state: () => engine.state(), hidesDetails: false }));
  stops.push(() => operations.close());
  try {
    await operations.listen(http.operationsPort, http.operationsHost);
  } catch (error) {
    throw new StartError(`WAYPOST_OPERATIONS_PORT: ${listenProblem(http.operationsHost, http.operationsPort, error)}`);
  }
  return operations;
}

const LONGEST_RETRY_MS = 5000;

interface Application {
  readonly app: INestApplication;
  /** Answers what is no tracked link. */
  readonly rest: RequestListener;
}

/**
 * An absent Postgres is waited for: as long as it takes while links are served, else for a while, because machines that
 * start together do not start in order.
 */
async function startApplication(
  environment: Environment,
  database: DatabaseOptions,
  { server, engine, url }: Links,
  print: (line: string) => void,
  log: PinoLog,
  role: WorkerRole | undefined,
): Promise<Application> {
  const startMs = performance.now();
  const http = httpOptionsOf(environment);
  for (let attempt = 1; ; attempt++) {
    const express = new ExpressAdapter();
    express.disable('x-powered-by');
    try {
      const app = await NestFactory.create(
        AppModule.forRoot({
          production: environment.production,
          signIn: signInSettingsOf(http),
          waypost: {
            database: { ...database, statementTimeoutMs: environment.statementTimeoutMs },
            links: { publicUrl: environment.publicUrl ?? url },
            auth: { adminToken: environment.adminToken },
            articles: { assetBaseUrl: environment.assetBaseUrl },
            graphql: environment.graphql,
            redirects: { engine, state: role?.state },
            outbound: { allow: environment.outboundAllow },
            webhooks: { encryptionKey: environment.encryptionKey },
          },
        }),
        express,
        { logger: log, abortOnError: false },
      );
      const errors = new HttpErrorFilter();
      app.useGlobalFilters(errors);
      await app.init();
      const rest = express.getInstance<RequestListener>();
      const door = new HttpDoor(http);
      // Nest and Express have nothing to add to what GraphQL answers, and take as long for it as GraphQL itself.
      const graphql = app.get(GraphqlServer);
      server.setRest((request, response) =>
        door.admit(request, response, (headers) =>
          graphql.enter(request, response, headers, (error) => {
            if (error === undefined) rest(request, response);
            else errors.answer(error, request, response);
          }),
        ),
      );
      return { app, rest };
    } catch (error) {
      const waitedMs = performance.now() - startMs;
      const isWaiting = server.isListening || waitedMs < environment.databaseWaitSeconds * 1000;
      if (!isWaiting || !isUnreachable(error)) throw error;
      if (attempt === 1) print(`${error.message} ${waitingText(url(), environment)}`);
      await delay(Math.min(LONGEST_RETRY_MS, 500 * 2 ** attempt));
    }
  }
}

/** @param url empty where nothing is served yet. */
function waitingText(url: string, { databaseWaitSeconds }: Environment): string {
  return url !== ''
    ? `Tracked links are served meanwhile on ${url}.`
    : `It is waited for, ${databaseWaitSeconds} seconds at most.`;
}

function logOf({ logLevel, production }: Environment): PinoLog {
  return new PinoLog({ level: logLevel, isPretty: !production && process.stderr.isTTY });
}

function httpOptionsOf({ http, clicks, publicUrl }: Environment): HttpOptions {
  return {
    trustedProxies: clicks.trustedProxies,
    corsOrigins: http.corsOrigins,
    requestsPerAddress: http.requestsPerAddress,
    requestsPerToken: http.requestsPerToken,
    isHttps: publicUrl?.startsWith('https:'),
    operationsElsewhere: http.operationsPort !== undefined,
    logsRequests: http.logsRequests,
  };
}

const isUnreachable = (error: unknown): error is WaypostError =>
  error instanceof WaypostError && error.code === 'DATABASE_UNREACHABLE';

export async function startDatabase(
  environment: Environment,
  print: (line: string) => void,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDirectory: environment.dataDirectory, report: print });
  stops.push(() => postgres.stop());
  return postgres.connectionString;
}

/**
 * Found out before the database starts, which takes longer than a person waits for such a sentence.
 * @returns the port, or a free one where none is named.
 */
export async function findPort({ host, port }: Environment): Promise<number> {
  const probe = createServer();
  probe.listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    throw new StartError(listenProblem(host, port, error), { cause: error });
  }
  const { port: found } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return found;
}

function listenProblem(host: string, port: number, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken. Stop the program that uses it, or start with another: PORT=${port + 1} npm start`;
  }
  if (code === 'EACCES') return `This user may not listen on port ${port}. Set PORT to a number above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST is "${host}", which is no address of this machine.`;
  return `Port ${port} on ${host} cannot be listened on: ${message}`;
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** With no token in the database and none in the environment, makes one with every scope and keeps it in a 0600 file. */
async function ensureFirstToken(tokens: ApiTokensService, environment: Environment): Promise<string | undefined> {
  const file = join(environment.dataDirectory, 'admin-token');
  if (environment.adminToken !== undefined) return undefined;
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined && (await tokens.findActor(kept.trim()))) return file;
  if ((await tokens.listTokens()).some((token) => token.revokedAt === null)) return undefined;
  await mkdir(environment.dataDirectory, { recursive: true });
  const { token } = await tokens.createToken({ name: 'first token', scopes: SCOPES });
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return file;
}
