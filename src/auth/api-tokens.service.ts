import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor } from './actor.js';
import { ApiTokenEntity } from './api-token.entity.js';
import { AUTH_OPTIONS } from './auth.tokens.js';
import type { AuthOptions } from './auth.options.js';
import { isScope, SCOPES } from './scope.js';
import type { Scope } from './scope.js';
import { createTokenText, hashToken, tokenPrefix } from './token-text.js';

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

@Injectable()
export class ApiTokensService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  async createToken(input: NewApiToken): Promise<CreatedApiToken> {
    const token = createTokenText();
    const saved = await this.dataSource.getRepository(ApiTokenEntity).save({
      name: input.name,
      prefix: tokenPrefix(token),
      hash: hashToken(token),
      scopes: [...input.scopes],
      expiresAt: input.expiresAt ?? null,
      isTrusted: input.isTrusted ?? true,
    });
    return { id: saved.id, token };
  }

  listTokens(): Promise<ApiTokenEntity[]> {
    return this.dataSource.getRepository(ApiTokenEntity).find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** @returns false when no living token has this id or prefix. */
  async revokeToken(idOrPrefix: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `UPDATE waypost.api_tokens SET revoked_at = now()
        WHERE (id::text = $1 OR prefix = $1) AND revoked_at IS NULL RETURNING id`,
      [idOrPrefix],
    );
    // TypeORM answers an UPDATE ... RETURNING with [rows, count].
    return Number(rows[1]) > 0;
  }

  /**
   * Asks the database each time, so that a revocation holds at once on every node.
   * @returns undefined when the token is unknown, expired or revoked.
   */
  async findActor(token: string): Promise<Actor | undefined> {
    const hash = hashToken(token);
    if (this.isAdminToken(hash))
      return { kind: 'token', name: 'WAYPOST_ADMIN_TOKEN', scopes: new Set(SCOPES), isTrusted: true };
    const row = await this.dataSource
      .createQueryBuilder(ApiTokenEntity, 'token')
      .where('token.hash = :hash AND token.revoked_at IS NULL', { hash })
      .andWhere('(token.expires_at IS NULL OR token.expires_at > now())')
      .getOne();
    if (!row) return undefined;
    await this.noteUse(row);
    return { kind: 'token', name: row.name, scopes: new Set(row.scopes.filter(isScope)), isTrusted: row.isTrusted };
  }

  private isAdminToken(hash: Buffer): boolean {
    const { adminToken } = this.options;
    return adminToken !== undefined && timingSafeEqual(hashToken(adminToken), hash);
  }

  /** To the minute, so that a busy token does not write a row per request. */
  private async noteUse(row: ApiTokenEntity): Promise<void> {
    if (row.lastUsedAt && Date.now() - row.lastUsedAt.getTime() < 60_000) return;
    await this.dataSource.query(
      `UPDATE waypost.api_tokens SET last_used_at = now()
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
      [row.id],
    );
  }
}
