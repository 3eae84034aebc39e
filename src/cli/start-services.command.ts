import type { INestApplicationContext } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Environment } from '../config/environment.js';
import { WaypostModule } from '../waypost.module.js';

/** Waypost without a server and without work in the background. */
export function startServices(url: string, environment: Environment): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(
    WaypostModule.forRoot({
      database: { url, directUrl: environment.databaseDirectUrl },
      links: { publicUrl: environment.publicUrl ?? `http://${environment.host}:${environment.port}` },
      auth: { adminToken: environment.adminToken },
      articles: { assetBaseUrl: environment.assetBaseUrl },
      redirects: false,
      outbound: { allow: environment.outboundAllow },
      webhooks: { encryptionKey: environment.encryptionKey },
      background: false,
    }),
    { logger: new CommandLogger({ logLevels: ['warn', 'error', 'fatal'] }), abortOnError: false },
  );
}

/** What stops a start is said by the command, in a sentence; Nest would say it first, with a stack trace. */
class CommandLogger extends ConsoleLogger {
  override error(message: unknown, ...details: unknown[]): void {
    if (details.at(-1) !== 'ExceptionHandler') super.error(message, ...details);
  }
}
