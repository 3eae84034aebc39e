import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import { RefusedError } from '../kernel/errors.js';
import { hashPassword } from './password-hash.js';
import { PersonEntity } from './person.entity.js';
import type { Role } from './role.js';
import { createSecret, hashSecret } from './session-secret.js';

export interface NewPerson {
  /** What they type to sign in; upper and lower case are the same. */
  readonly login: string;
  readonly name: string;
  readonly role: Role;
}

export interface PersonChanges {
  readonly name?: string;
  readonly role?: Role;
  readonly isDisabled?: boolean;
}

const LINK_MINUTES = 15;

/** Who may sign in. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
  ) {}

  /** @throws RefusedError LOGIN_TAKEN. */
  createPerson(input: NewPerson): Promise<PersonEntity> {
    return this.transactions.run(async (manager) => {
      const login = input.login.toLowerCase();
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(PersonEntity)
        .values({ login, name: input.name, role: input.role })
        .orIgnore()
        .returning('id')
        .execute();
      const [row] = inserted.raw as { id: string }[];
      if (!row)
        throw refused('LOGIN_TAKEN', `Somebody has the login "${login}" already. Choose another.`, 'input.login');
      return manager.getRepository(PersonEntity).findOneByOrFail({ id: row.id });
    });
  }

  /**
   * Disabling somebody, or giving them another role, holds from their next request on, on every node.
   * @throws RefusedError PERSON_NOT_FOUND, or LAST_ADMINISTRATOR where nobody would be left to undo it.
   */
  updatePerson(id: string, { name, role, isDisabled }: PersonChanges): Promise<PersonEntity> {
    return this.transactions.run(async (manager) => {
      const people = manager.getRepository(PersonEntity);
      const administrators = await lockAdministrators(manager);
      const person = await people.findOneBy({ id });
      if (!person) throw unknownPerson(id);
      const loses = (role !== undefined && role !== 'administrator') || isDisabled === true;
      if (loses && administrators.length === 1 && administrators[0] === id) throw lastAdministrator();
      await manager.query(
        `UPDATE waypost.people
            SET name = coalesce($2, name), role = coalesce($3, role), updated_at = now(),
                disabled_at = CASE $4::boolean WHEN true THEN coalesce(disabled_at, now()) WHEN false THEN NULL
                                               ELSE disabled_at END
          WHERE id = $1`,
        [id, name ?? null, role ?? null, isDisabled ?? null],
      );
      if (isDisabled) await manager.query(`DELETE FROM waypost.sessions WHERE person_id = $1`, [id]);
      return people.findOneByOrFail({ id });
    });
  }

  async findPerson(id: string): Promise<PersonEntity | undefined> {
    return (await this.dataSource.getRepository(PersonEntity).findOneBy({ id })) ?? undefined;
  }

  /** With the hash of the password. Somebody who is disabled is not found. */
  async findByLogin(login: string): Promise<PersonEntity | undefined> {
    const person = await this.dataSource
      .createQueryBuilder(PersonEntity, 'person')
      .addSelect('person.passwordHash')
      .where('person.login = lower(:login) AND person.disabledAt IS NULL', { login })
      .getOne();
    return person ?? undefined;
  }

  /** Ends every other session of theirs. */
  async setPassword(id: string, password: string, keptSessionId: string): Promise<void> {
    const passwordHash = await hashPassword(password);
    await this.transactions.run(async (manager) => {
      await manager.query(
        `UPDATE waypost.people SET password_hash = $2, password_changed_at = now(), updated_at = now() WHERE id = $1`,
        [id, passwordHash],
      );
      await manager.query(`DELETE FROM waypost.sessions WHERE person_id = $1 AND id <> $2`, [id, keptSessionId]);
      await manager.query(`DELETE FROM waypost.sign_in_links WHERE person_id = $1`, [id]);
    });
  }

  /** The administrator who was there first; the first call of all makes one. */
  async ensureAdministrator(login: string): Promise<PersonEntity> {
    const [administrator] = await this.dataSource.getRepository(PersonEntity).find({
      where: { role: 'administrator' },
      order: { disabledAt: { direction: 'ASC', nulls: 'FIRST' }, createdAt: 'ASC' },
      take: 1,
    });
    return administrator ?? this.createPerson({ login, name: 'Administrator', role: 'administrator' });
  }

  /**
   * A secret that signs somebody in once, within 15 minutes. Links made before end. It must not be logged.
   * @throws RefusedError PERSON_NOT_FOUND.
   */
  makeSignInLink(personId: string): Promise<string> {
    const secret = createSecret();
    return this.transactions.run(async (manager) => {
      const person = await manager.getRepository(PersonEntity).findOneBy({ id: personId });
      if (!person) throw unknownPerson(personId);
      await manager.query(`DELETE FROM waypost.sign_in_links WHERE person_id = $1 OR expires_at <= now()`, [personId]);
      await manager.query(
        `INSERT INTO waypost.sign_in_links (hash, person_id, expires_at)
         VALUES ($1, $2, now() + make_interval(mins => ${LINK_MINUTES}))`,
        [hashSecret(secret), personId],
      );
      return secret;
    });
  }
}

/** Everybody who could undo a mistake; two who demote each other at once wait for each other. */
async function lockAdministrators(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM waypost.people WHERE role = 'administrator' AND disabled_at IS NULL ORDER BY id FOR UPDATE`,
  );
  return rows.map(({ id }) => id);
}

function refused(code: string, message: string, field: string): RefusedError {
  return new RefusedError([{ code, message, field }]);
}

export function unknownPerson(id: string): RefusedError {
  return refused('PERSON_NOT_FOUND', `Nobody has the id "${id}". "people" lists them.`, 'input.id');
}

function lastAdministrator(): RefusedError {
  return refused('LAST_ADMINISTRATOR', 'Nobody else is an administrator. Make another one first.', 'input.id');
}
