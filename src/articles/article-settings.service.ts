import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { RUNS_BACKGROUND } from '../changes/background.options.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import type { DatabaseOptions } from '../database/database.options.js';
import { TransactionsService } from '../database/transactions.service.js';
import { WAYPOST_VERSION } from '../kernel/version.js';
import type { ArticleSettings } from './article-settings.js';
import { articleSettings, changedSettings } from './article-settings.js';
import { ArticleWriter } from './article-writer.service.js';
import { ArticleEntity } from './article.entity.js';
import { lockArticles } from './articles.service.js';
import type { ArticlesOptions } from './articles.options.js';
import { ARTICLES_OPTIONS } from './articles.options.js';
import type { CompiledArticle } from './compile-article.js';

/** Articles in one transaction: they wait for no longer than it takes to write them. */
const BATCH_SIZE = 100;

/** Key in `waypost.settings`. */
const KEY = 'articles.settings';

/** One node at a time compiles; a number of its own, so that it meets no other lock. */
const ROUND_LOCK = 8_147_203_121;
const LOCK_POLL_MS = 250;

type Compiled = ReadonlyMap<string, { readonly revision: number; readonly compiled: CompiledArticle }>;

/**
 * Compiles every article anew after a start under other settings - options, the host's shortcodes, a new version of
 * Waypost - and tells of those that readers see otherwise now: `contentChangeCause` is `SETTINGS`, with their names.
 * The settings are written down at the end alone, so that a start which was cut off is made up for by the next.
 * Of nodes that start together one does it. Each start does it once at most: nodes of two versions do not undo
 * each other's work for ever.
 */
@Injectable()
export class ArticleSettingsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Articles');
  private readonly settings: ArticleSettings;
  private isStopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly writer: ArticleWriter,
    @Inject(ARTICLES_OPTIONS) options: ArticlesOptions,
    @Inject(DATABASE_OPTIONS) private readonly database: DatabaseOptions,
    @Inject(RUNS_BACKGROUND) private readonly runsBackground: boolean,
  ) {
    this.settings = articleSettings(options, WAYPOST_VERSION);
  }

  onApplicationBootstrap(): void {
    if (!this.runsBackground) return;
    this.running = this.apply().catch((error: unknown) => {
      this.logger.warn(`Articles are still as the former settings made them, until the next start: ${String(error)}`);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  private async apply(): Promise<void> {
    const stored = await this.readStored();
    if (stored === undefined) return this.store();
    if (changedSettings(stored, this.settings).length > 0) await this.whenAlone(() => this.applyChanged());
  }

  /** Another node may have done it while this one waited. */
  private async applyChanged(): Promise<void> {
    const changed = changedSettings((await this.readStored()) ?? {}, this.settings);
    if (changed.length > 0 && (await this.recompileAll(changed.join(' ')))) await this.store();
  }

  /**
   * Waits for other nodes to end; not at all once it is told to stop. The lock lives as long as its connection, so that a
   * node that dies leaves the work to the next.
   */
  private async whenAlone(work: () => Promise<void>): Promise<void> {
    const client = new pg.Client({
      connectionString: this.database.directUrl ?? this.database.url,
      application_name: 'waypost settings',
      keepAlive: true,
    });
    // Without its lock a round goes on: another node may then do the same work, and finds nothing to change.
    client.on('error', () => undefined);
    await client.connect();
    try {
      while (!this.isStopping) {
        const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock($1) AS locked`, [
          ROUND_LOCK,
        ]);
        if (rows[0]?.locked === true) return await work();
        await sleep(LOCK_POLL_MS);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async store(): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO waypost.settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [KEY, JSON.stringify(this.settings)],
    );
  }

  private async readStored(): Promise<ArticleSettings | undefined> {
    const [row] = await this.dataSource.query<{ value: ArticleSettings }[]>(
      `SELECT value FROM waypost.settings WHERE key = $1`,
      [KEY],
    );
    return row?.value;
  }

  /** @returns false when it was told to stop before the end. */
  private async recompileAll(cause: string): Promise<boolean> {
    let moved = 0;
    for (let last: string | undefined = '00000000-0000-0000-0000-000000000000'; last !== undefined;) {
      if (this.isStopping) return false;
      const compiled = await this.compileAfter(last);
      moved += await this.write(compiled, cause);
      last = [...compiled.keys()].at(-1);
    }
    this.logger.log(`Settings changed (${cause}): every article was compiled anew, ${moved} came out otherwise.`);
    return true;
  }

  /** The next articles, by id. Requests are answered between two of them. */
  private async compileAfter(id: string): Promise<Compiled> {
    const articles = await this.dataSource
      .createQueryBuilder(ArticleEntity, 'article')
      .where('article.id > :id', { id })
      .orderBy('article.id')
      .limit(BATCH_SIZE)
      .getMany();
    const compiled = new Map<string, { revision: number; compiled: CompiledArticle }>();
    for (const article of articles) {
      compiled.set(article.id, { revision: article.revision, compiled: this.writer.compile(article) });
      await setImmediate();
    }
    return compiled;
  }

  /** Who saved an article meanwhile compiled it too. @returns how many came out otherwise. */
  private write(batch: Compiled, cause: string): Promise<number> {
    if (batch.size === 0) return Promise.resolve(0);
    return this.transactions.run(async (manager) => {
      const locked = await lockArticles(
        manager,
        [...batch.keys()].map((id) => ({ id })),
      );
      const same = locked.flatMap((existing) => {
        const { revision, compiled } = batch.get(existing.id) ?? {};
        return compiled && revision === existing.revision ? [{ existing, compiled }] : [];
      });
      const written = await this.writer.rewriteAll(manager, same);
      if (written > 0) {
        await manager.query(
          `INSERT INTO waypost.content_causes (transaction_id, kind, key) VALUES (pg_current_xact_id(), 'SETTINGS', $1)`,
          [cause],
        );
      }
      return written;
    });
  }
}
