import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockDataDirectory, type DataDirectory } from '../database/data-directory.js';
import { DATABASE_OPTIONS, type DatabaseOptions } from '../database/database.options.js';
import { LINKS_OPTIONS, linkOrigin, type LinksOptions } from '../partners/links.options.js';
import type { LinksState } from './engine-states.js';
import { RedirectEngine } from './redirect-engine.service.js';
import { REDIRECTS_OPTIONS, type LinksEngine, type RedirectsOptions } from './redirects.options.js';

type Next = (error?: unknown) => void;

/** Tracked links inside a Nest application. */
@Injectable()
export class RedirectsService implements OnModuleInit, OnApplicationShutdown {
  private engine: LinksEngine | undefined;
  private directory: DataDirectory | undefined;
  private readonly logger = new Logger('Redirects');

  constructor(
    @Inject(REDIRECTS_OPTIONS) private readonly options: RedirectsOptions | false,
    @Inject(DATABASE_OPTIONS) private readonly database: DatabaseOptions,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
    // Made first: its migrations have run when links are loaded.
    @Inject(DataSource) _migrated: DataSource,
  ) {}

  /**
   * Express middleware, to be mounted before everything else that the host has:
   * `app.use(app.get(RedirectsService).middleware)`. What is no tracked link goes on untouched.
   */
  readonly middleware = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    if (!this.handle(request, response)) next();
  };

  /** The same for a plain HTTP server. False where the request is not for a tracked link. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return this.engine?.handle(request, response) ?? false;
  }

  /** Undefined where no links are served. */
  state(): LinksState | undefined {
    if (this.options === false) return undefined;
    return this.options.state?.() ?? this.engine?.state();
  }

  async onModuleInit(): Promise<void> {
    if (this.options === false) return;
    this.engine = this.options.engine ?? (await this.openEngine(this.options));
    await this.engine.start();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.options !== false && this.options.engine === undefined) await this.engine?.stop();
    await this.directory?.release();
  }

  private async openEngine(options: RedirectsOptions): Promise<RedirectEngine> {
    this.directory = await lockDataDirectory(resolve(options.dataDirectory ?? '.waypost'));
    return RedirectEngine.open({
      ...options,
      dataDirectory: this.directory.path,
      databaseUrl: this.database.directUrl ?? this.database.url,
      ownOrigins: () => [linkOrigin(this.links)],
      onProblem: (sentence) => this.logger.warn(sentence),
    });
  }
}
