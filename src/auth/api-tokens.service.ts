import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import { RefusedError } from '../kernel/errors.js';
import type { Actor } from './actor.js';
import { ApiTokenEntity } from './api-token.entity.js';
import { AUTH_OPTIONS } from './auth.tokens.js';
import type { AuthOptions } from './auth.options.js';
import { isScope, SCOPES } from './scope.js';
import type { Scope } from './scope.js';
import { createTokenText, hashToken, looksLikeToken, tokenPrefix } from './token-text.js';

export interface NewApiToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Default: it does not expire. */
  readonly expiresAt?: Date;
  /** false: the HTML of content written with it is sanitised. Default true. */
  readonly isTrusted?: boolean;
}

/** A token just made. `token` is shown once and cannot be had again. */
export interface CreatedApiToken {
  readonly id: string;
  readonly token: string;
}

/** Who sent a token, or in one sentence why it is not valid. */
export type TokenReading = { readonly actor: Actor } | { readonly problem: string };

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: string[];
  readonly isTrusted: boolean;
  readonly isRevoked: boolean;
  readonly isExpired: boolean;
  readonly isReplaced: boolean;
  readonly wasJustUsed: boolean;
}

@Injectable()
export class ApiTokensService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  createToken(input: NewApiToken): Promise<CreatedApiToken> {
    const token = createTokenText();
    return this.transactions.run(async (manager) => {
      const saved = await manager.getRepository(ApiTokenEntity).save({
        name: input.name,
        prefix: tokenPrefix(token),
        hash: hashToken(token),
        scopes: [...input.scopes],
        expiresAt: input.expiresAt ?? null,
        isTrusted: input.isTrusted ?? true,
      });
      return { id: saved.id, token };
    });
  }

  listTokens(): Promise<ApiTokenEntity[]> {
    return this.dataSource.getRepository(ApiTokenEntity).find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async findToken(id: string): Promise<ApiTokenEntity | undefined> {
    return (await this.dataSource.getRepository(ApiTokenEntity).findOneBy({ id })) ?? undefined;
  }

  /** @returns false when no living token has this id or prefix. @throws RefusedError when several have the prefix. */
  revokeToken(idOrPrefix: string): Promise<boolean> {
    return this.transactions.run(async (manager) => {
      const id = await lockLiving(manager, idOrPrefix);
      if (id === undefined) return false;
      await manager.query(`UPDATE waypost.api_tokens SET revoked_at = now() WHERE id = $1`, [id]);
      return true;
    });
  }

  /**
   * Gives a token a new secret. The old one is refused at once, or goes on for a while, so that its users can be changed
   * one after the other; the one before it ends in any case.
   * @param overlapSeconds how long the old secret goes on.
   * @returns undefined when no living token has this id or prefix. @throws RefusedError when several have the prefix.
   */
  rotateToken(idOrPrefix: string, overlapSeconds: number): Promise<CreatedApiToken | undefined> {
    const token = createTokenText();
    return this.transactions.run(async (manager) => {
      const id = await lockLiving(manager, idOrPrefix);
      if (id === undefined) return undefined;
      await manager.query(
        `UPDATE waypost.api_tokens
            SET previous_hash = hash, previous_ends_at = now() + make_interval(secs => $2), rotated_at = now(),
                hash = $3, prefix = $4
          WHERE id = $1`,
        [id, overlapSeconds, hashToken(token), tokenPrefix(token)],
      );
      return { id, token };
    });
  }

  /** @returns undefined when the token is unknown, expired, replaced or revoked. */
  async findActor(token: string): Promise<Actor | undefined> {
    const reading = await this.readToken(token);
    return 'actor' in reading ? reading.actor : undefined;
  }

  /** Asks the database each time, so that a revocation or rotation holds at once on every node. */
  async readToken(token: string): Promise<TokenReading> {
    const hash = hashToken(token);
    if (this.isAdminToken(hash)) return { actor: ADMINISTRATOR };
    if (!looksLikeToken(token)) return { problem: 'The token you sent is malformed: ours begin with "wpt_".' };
    const row = await this.findRow(hash);
    if (!row) return { problem: 'The token you sent is unknown.' };
    if (row.isRevoked) return { problem: 'The token you sent is revoked.' };
    if (row.isExpired) return { problem: 'The token you sent has expired.' };
    if (row.isReplaced) return { problem: 'The token you sent was replaced by a newer one.' };
    if (!row.wasJustUsed) await this.noteUse(row.id);
    const { id, name, isTrusted } = row;
    return { actor: { kind: 'token', id, name, scopes: new Set(row.scopes.filter(isScope)), isTrusted } };
  }

  private async findRow(hash: Buffer): Promise<TokenRow | undefined> {
    const [row] = await this.dataSource.query<TokenRow[]>(
      `SELECT id, name, scopes, is_trusted AS "isTrusted", revoked_at IS NOT NULL AS "isRevoked",
              coalesce(expires_at <= now(), false) AS "isExpired",
              hash <> $1 AND previous_ends_at <= now() AS "isReplaced",
              coalesce(last_used_at > now() - interval '1 minute', false) AS "wasJustUsed"
         FROM waypost.api_tokens WHERE hash = $1 OR previous_hash = $1`,
      [hash],
    );
    return row;
  }

  private isAdminToken(hash: Buffer): boolean {
    const { adminToken } = this.options;
    return adminToken !== undefined && timingSafeEqual(hashToken(adminToken), hash);
  }

  /** To the minute, so that a busy token does not write a row per request, on however many nodes. */
  private async noteUse(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE waypost.api_tokens SET last_used_at = now()
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')`,
      [id],
    );
  }
}

const ADMINISTRATOR: Actor = {
  kind: 'token',
  name: 'WAYPOST_ADMIN_TOKEN',
  scopes: new Set(SCOPES),
  isTrusted: true,
};

/** @returns the id of the one living token with this id or prefix. */
async function lockLiving(manager: EntityManager, idOrPrefix: string): Promise<string | undefined> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM waypost.api_tokens WHERE (id::text = lower($1) OR prefix = $1) AND revoked_at IS NULL FOR UPDATE`,
    [idOrPrefix],
  );
  if (rows.length > 1) {
    const message = `Several tokens begin with "${idOrPrefix}". Name the one you mean by its id.`;
    throw new RefusedError([{ code: 'TOKEN_AMBIGUOUS', message, field: 'id' }]);
  }
  return rows[0]?.id;
}
