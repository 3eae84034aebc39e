import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { WaypostError } from '../kernel/errors.js';
import type { FeedAudience, FeedPositions, SyncToken } from './sync-token.js';
import { decodeSyncToken, encodeSyncToken, NO_EPOCH, SyncTokenError } from './sync-token.js';

/** Column of `change_log` that numbers the changes of an audience. */
export const SEQ_COLUMNS = { public: 'public_seq', all: 'seq' } as const satisfies Record<FeedAudience, string>;

/** A place in the feed, and what has to happen before reading on from it. */
export interface FeedPlace {
  readonly positions: FeedPositions;
  /** Of the end of the feed, as it was when the place was found. */
  readonly head: FeedPositions;
  /** Something changed because its moment came, and stands not in the feed yet; or it is unsure whether it did. */
  readonly isDue: boolean;
  /** The token of another place in the same feed. */
  readonly tokenAt: (positions: FeedPositions) => string;
}

interface FeedState {
  /** The key of this feed's tokens. */
  readonly key: Buffer;
  readonly epoch: string;
  readonly head: FeedPositions;
  readonly isDue: boolean;
}

/** Places in the change feed. What a change is about is read by those who know articles and tags. */
@Injectable()
export class FeedService {
  constructor(private readonly dataSource: DataSource) {}

  /** A token for the end of the feed. Take it before a first list: what changes meanwhile comes after it. */
  async takeToken(): Promise<string> {
    const { key, epoch, head } = await this.readState();
    return encodeSyncToken({ epoch, positions: head }, key);
  }

  /** @throws WaypostError SYNC_TOKEN_INVALID or RESYNC_REQUIRED. */
  async findPlace(text: string): Promise<FeedPlace> {
    const state = await this.readState();
    const { key, epoch, head, isDue } = state;
    const token = decode(text, key);
    if (!token) throw startAnew('It is of another database, or of this one before it was restored.');
    if (!(await this.isOfThisPast(token, state))) {
      throw startAnew('It was taken after the backup that this database was restored from.');
    }
    const tokenAt = (positions: FeedPositions): string => encodeSyncToken({ epoch, positions }, key);
    return { positions: token.positions, head, isDue, tokenAt };
  }

  /** From now on every token that was given out is refused, and every follower starts anew. */
  async renewGeneration(manager: EntityManager = this.dataSource.manager): Promise<void> {
    await manager.query('SELECT waypost.renew_feed_generation()');
  }

  /** A token of an epoch that this database never had, or from beyond its end, is of a future that was lost. */
  private async isOfThisPast({ epoch, positions }: SyncToken, state: FeedState): Promise<boolean> {
    const end = epoch === state.epoch ? state.head : await this.findEndOfEpoch(epoch);
    return end !== undefined && positions.public <= end.public && positions.all <= end.all;
  }

  /** @returns undefined when there was no such epoch. */
  private async findEndOfEpoch(epoch: string): Promise<FeedPositions | undefined> {
    if (epoch === NO_EPOCH) return { public: 0n, all: 0n };
    const [row] = await this.dataSource.query<{ public: string; all: string }[]>(
      `SELECT later.first_public_seq AS public, later.first_seq AS all
         FROM waypost.change_epochs mine JOIN waypost.change_epochs later ON later.ordinal > mine.ordinal
        WHERE mine.id = $1 ORDER BY later.ordinal LIMIT 1`,
      [epoch],
    );
    return row && positionsOf(row);
  }

  private async readState(): Promise<FeedState> {
    const [row] = await this.dataSource.query<
      { key: string; epoch: string; public: string; all: string; isDue: boolean }[]
    >(
      `SELECT waypost.feed_generation() AS key,
              coalesce((SELECT id FROM waypost.change_epochs ORDER BY ordinal DESC LIMIT 1), '${NO_EPOCH}') AS epoch,
              (SELECT coalesce(max(public_seq), 0) FROM waypost.change_log) AS public,
              (SELECT coalesce(max(seq), 0) FROM waypost.change_log) AS all,
              EXISTS (SELECT FROM waypost.due_moments WHERE at <= clock_timestamp())
                OR EXISTS (SELECT FROM waypost.due_moments WHERE kind IN ('UNSURE_ARTICLE', 'UNSURE_PARTNER')) AS "isDue"`,
    );
    if (!row) throw new Error('A SELECT without FROM answers one row.');
    return { key: Buffer.from(row.key, 'hex'), epoch: row.epoch, head: positionsOf(row), isDue: row.isDue };
  }
}

/** Postgres answers a bigint as text. */
function positionsOf(row: { readonly public: string; readonly all: string }): FeedPositions {
  return { public: BigInt(row.public), all: BigInt(row.all) };
}

function decode(text: string, key: Buffer): SyncToken | undefined {
  try {
    return decodeSyncToken(text, key);
  } catch (error) {
    if (error instanceof SyncTokenError)
      throw new WaypostError('SYNC_TOKEN_INVALID', [error.message], { cause: error });
    throw error;
  }
}

function startAnew(reason: string): WaypostError {
  return new WaypostError('RESYNC_REQUIRED', [reason]);
}
