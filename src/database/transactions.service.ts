import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { currentOrigin } from '../kernel/origin.js';
import { currentReader } from './reader.js';

/** SQLSTATE of a transaction that Postgres ended because it met another; running it again is the remedy. */
const RETRIED = new Set(['40001', '40P01']);
const MOST_ATTEMPTS = 5;

/** Thrown inside a transaction when another writer came first and running it again will go another way. */
export class RetryTransactionError extends Error {
  override readonly name = 'RetryTransactionError';
  readonly code = '40001';

  constructor() {
    super('Another writer changed the same rows again and again.');
  }
}

@Injectable()
export class TransactionsService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction. The manager is all it gets, so that nothing can run beside it. Deadlocks are retried.
   * Postgres is told who causes it, for the audit log that its triggers write.
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    // What it writes, a replica does not have yet.
    currentReader()?.turnToPrimary();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.dataSource.transaction(async (manager) => {
          await manager.query(`SELECT set_config('waypost.origin', $1, true)`, [JSON.stringify(currentOrigin())]);
          return work(manager);
        });
      } catch (error) {
        const code = (error as { code?: string }).code ?? '';
        if (!RETRIED.has(code) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }
}
