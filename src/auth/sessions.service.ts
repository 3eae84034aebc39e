import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { Actor } from './actor.js';
import type { Role } from './role.js';
import { ROLE_SCOPES } from './role.js';
import { createSecret, hashSecret } from './session-secret.js';

/** A week after signing in, or a day without a request, one signs in again. */
export const SESSION_SECONDS = 7 * 24 * 3600;
const IDLE_SECONDS = 24 * 3600;

/** A session as it is now. */
export interface Session {
  readonly id: string;
  readonly personId: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  /** A link brought them here within the hour: they may choose a password without knowing one. */
  readonly isByLink: boolean;
}

@Injectable()
export class SessionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
  ) {}

  /** @returns the secret for the cookie. */
  async open(manager: EntityManager, personId: string, isByLink: boolean): Promise<string> {
    const secret = createSecret();
    await manager.query(
      `INSERT INTO waypost.sessions (person_id, hash, by_link, expires_at)
       VALUES ($1, $2, $3, now() + make_interval(secs => ${SESSION_SECONDS}))`,
      [personId, hashSecret(secret), isByLink],
    );
    return secret;
  }

  /** Sessions end by themselves; this takes away what is left of them. */
  async removeEnded(): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query(
        `DELETE FROM waypost.sessions
          WHERE expires_at <= now() OR last_seen_at <= now() - make_interval(secs => ${IDLE_SECONDS})`,
      ),
    );
  }

  /** Asks the database each time, so that signing out holds at once on every node. */
  async find(secret: string): Promise<Session | undefined> {
    const [row] = await this.dataSource.query<(Session & { wasJustSeen: boolean })[]>(
      `SELECT session.id, 
              session.by_link AND session.created_at > now() - interval '1 hour' AS "isByLink", person.id AS "personId", person.login, person.name, person.role,
              session.last_seen_at > now() - interval '1 minute' AS "wasJustSeen"
         FROM waypost.sessions session JOIN waypost.people person ON person.id = session.person_id
        WHERE session.hash = $1 AND session.expires_at > now() AND person.disabled_at IS NULL
          AND session.last_seen_at > now() - make_interval(secs => ${IDLE_SECONDS})`,
      [hashSecret(secret)],
    );
    if (row && !row.wasJustSeen) {
      await this.dataSource.query(`UPDATE waypost.sessions SET last_seen_at = now() WHERE id = $1`, [row.id]);
    }
    return row;
  }

  async close(id: string): Promise<void> {
    await this.transactions.run((manager) => manager.query(`DELETE FROM waypost.sessions WHERE id = $1`, [id]));
  }

  async closeAllOf(personId: string): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query(`DELETE FROM waypost.sessions WHERE person_id = $1`, [personId]),
    );
  }
}

export function actorOf({ personId, name, role }: Session): Actor {
  return { kind: 'person', id: personId, name, scopes: new Set(ROLE_SCOPES[role]), isTrusted: true };
}
