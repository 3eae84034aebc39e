import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { ApiTokensService } from './auth/api-tokens.service.js';
import { SCOPES } from './auth/scope.js';
import type { Environment } from './config/environment.js';
import { lockDataDirectory } from './database/data-directory.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import { SampleService } from './import-export/sample.service.js';
import { readyText } from './config/ready-text.js';

/** The server as a running thing: what it prints, and how it stops. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A person's mistake or the machine's state, in one sentence; no stack is shown for it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Starts everything in order; what was started is stopped again when a later step fails. */
export async function startServer(environment: Environment, print: (line: string) => void): Promise<RunningServer> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    // The last started stops first. One failure does not keep the rest from stopping.
    while (stops.length > 0)
      await stops
        .pop()?.()
        .catch((error: unknown) => print(String(error)));
  };
  try {
    const directory = await lockDataDirectory(environment.dataDirectory);
    stops.push(() => directory.release());
    await refuseTakenPort(environment);
    const databaseUrl = environment.databaseUrl ?? (await startDatabase(environment, print, stops));
    let url = '';
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot({
        production: environment.production,
        waypost: {
          database: { url: databaseUrl, directUrl: environment.databaseDirectUrl },
          links: { publicUrl: environment.publicUrl ?? (() => url) },
          auth: { adminToken: environment.adminToken },
        },
      }),
      { logger: ['warn', 'error', 'fatal'], abortOnError: false },
    );
    stops.push(() => app.close());
    await app.listen(environment.port, environment.host);
    url = urlOf(environment.host, app.getHttpServer().address() as AddressInfo);
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

async function startDatabase(
  environment: Environment,
  print: (line: string) => void,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDirectory: environment.dataDirectory, report: print });
  stops.push(() => postgres.stop());
  return postgres.connectionString;
}

/** Found out before the database starts, which takes longer than a person waits for such a sentence. */
async function refuseTakenPort({ host, port }: Environment): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  probe.listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    throw new StartError(listenProblem(host, port, error), { cause: error });
  }
  probe.close();
  await once(probe, 'close');
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
