import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import { WaypostError } from '../kernel/errors.js';
import { causedBy } from '../kernel/origin.js';
import { isPassword, PasswordQueueFullError } from './password-hash.js';
import { PeopleService } from './people.service.js';
import type { PersonEntity } from './person.entity.js';
import { SessionsService } from './sessions.service.js';
import { hashSecret } from './session-secret.js';
import { AddressFailures, FORGET_FAILURES_SECONDS, waitSecondsAfter } from './sign-in-backoff.js';

/** Somebody just signed in. The secret goes into the cookie. */
export interface SignedIn {
  readonly secret: string;
}

const BUSY_SECONDS = 5;
/** An account named by whoever asks; longer is nobody's. */
const LONGEST_PASSWORD = 1024;

/**
 * Signing in, by password or by link. Guessing is slowed by address, in the memory of this process, and by account, on all
 * nodes. The account's wait holds only addresses that failed lately themselves: whoever guesses cannot lock the owner out.
 */
@Injectable()
export class SignInService {
  private readonly addresses = new AddressFailures();

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly people: PeopleService,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * @param network of the caller, as failures are counted by it.
   * @throws WaypostError SIGN_IN_FAILED or SIGN_IN_SLOWED.
   */
  async signIn(login: string, password: string, network: string, requestId?: string): Promise<SignedIn> {
    return this.open(await this.knowPassword(login, password, network), false, requestId);
  }

  /**
   * Whose password it is. Slowed like every guess, also for somebody who is signed in: their session may be stolen.
   * @throws WaypostError SIGN_IN_FAILED or SIGN_IN_SLOWED.
   */
  async knowPassword(login: string, password: string, network: string): Promise<PersonEntity> {
    const account = createHash('sha256').update(login.toLowerCase()).digest();
    const nowMs = performance.now();
    await this.refuseTooSoon(account, network, nowMs);
    // Before the password is looked at: guesses at the same time count each.
    this.addresses.note(network, nowMs);
    await this.noteFailure(account);
    const person = await this.people.findByLogin(login);
    const isRight = password.length <= LONGEST_PASSWORD && (await this.check(password, person));
    if (!person || !isRight) throw new WaypostError('SIGN_IN_FAILED');
    this.addresses.forget(network);
    await this.dataSource.query(`DELETE FROM waypost.sign_in_failures WHERE account_hash = $1`, [account]);
    return person;
  }

  /** Once, within its time. @throws WaypostError SIGN_IN_LINK_INVALID or SIGN_IN_SLOWED. */
  async redeemLink(link: string, network: string, requestId?: string): Promise<SignedIn> {
    const nowMs = performance.now();
    const waitSeconds = this.addresses.waitSeconds(network, nowMs);
    if (waitSeconds > 0) throw new WaypostError('SIGN_IN_SLOWED', [waitSeconds]);
    this.addresses.note(network, nowMs);
    const personId = await this.takeLink(link, requestId);
    const person = personId === undefined ? undefined : await this.people.findPerson(personId);
    if (!person || person.disabledAt !== null) throw new WaypostError('SIGN_IN_LINK_INVALID');
    this.addresses.forget(network);
    return this.open(person, true, requestId);
  }

  /** @returns whose it was; undefined where there is none, or not any more. */
  private takeLink(link: string, requestId: string | undefined): Promise<string | undefined> {
    const origin = { kind: 'system', name: 'waypost', action: 'redeemSignInLink', requestId } as const;
    return causedBy(origin, () =>
      this.transactions.run(async (manager) => {
        const [rows] = await manager.query<[{ person_id: string }[], number]>(
          `DELETE FROM waypost.sign_in_links WHERE hash = $1 AND expires_at > now() RETURNING person_id`,
          [hashSecret(link)],
        );
        return rows[0]?.person_id;
      }),
    );
  }

  private async check(password: string, person: PersonEntity | undefined): Promise<boolean> {
    try {
      return await isPassword(password, person?.passwordHash);
    } catch (error) {
      if (!(error instanceof PasswordQueueFullError)) throw error;
      throw new WaypostError('SIGN_IN_SLOWED', [BUSY_SECONDS], { cause: error });
    }
  }

  private async refuseTooSoon(account: Buffer, network: string, nowMs: number): Promise<void> {
    const byAddress = this.addresses.waitSeconds(network, nowMs);
    const isKnownToFail = this.addresses.countOf(network, nowMs) > 0;
    const byAccount = isKnownToFail ? await this.accountWaitSeconds(account) : 0;
    const waitSeconds = Math.max(byAddress, byAccount);
    if (waitSeconds > 0) throw new WaypostError('SIGN_IN_SLOWED', [waitSeconds]);
  }

  private async accountWaitSeconds(account: Buffer): Promise<number> {
    const [row] = await this.dataSource.query<{ failures: number; age: number }[]>(
      `SELECT failures, extract(epoch FROM clock_timestamp() - last_at)::float8 AS age FROM waypost.sign_in_failures
        WHERE account_hash = $1 AND last_at > now() - make_interval(secs => ${FORGET_FAILURES_SECONDS})`,
      [account],
    );
    return row ? Math.max(0, Math.ceil(waitSecondsAfter(row.failures) - row.age)) : 0;
  }

  private async noteFailure(account: Buffer): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO waypost.sign_in_failures AS known (account_hash, failures, last_at)
       VALUES ($1, 1, clock_timestamp())
       ON CONFLICT (account_hash) DO UPDATE SET last_at = clock_timestamp(), failures = CASE
         WHEN known.last_at > now() - make_interval(secs => ${FORGET_FAILURES_SECONDS}) THEN known.failures + 1 ELSE 1 END`,
      [account],
    );
    await this.dataSource.query(
      `DELETE FROM waypost.sign_in_failures
        WHERE last_at <= now() - make_interval(secs => ${FORGET_FAILURES_SECONDS}) AND account_hash <> $1`,
      [account],
    );
  }

  private async open(person: PersonEntity, isByLink: boolean, requestId?: string): Promise<SignedIn> {
    const { id, name } = person;
    await this.sessions.removeEnded();
    const secret = await causedBy({ kind: 'person', id, name, action: 'signIn', requestId }, () =>
      this.transactions.run((manager) => this.sessions.open(manager, id, isByLink)),
    );
    return { secret };
  }
}
