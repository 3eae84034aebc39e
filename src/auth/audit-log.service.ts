import { Injectable } from '@nestjs/common';
import { TransactionsService } from '../database/transactions.service.js';
import { causedBy, currentOrigin } from '../kernel/origin.js';

/** How the work on many rows went, such as `{ created: 12, failed: 1 }`. */
export type WorkCounts = Readonly<Record<string, number>>;

/** Changes are written to the audit log by the database. Only work on very many rows says itself what it did. */
@Injectable()
export class AuditLogService {
  constructor(private readonly transactions: TransactionsService) {}

  /**
   * Runs `work` with one entry for all its changes, in place of one for each. The entry is written when the work ends,
   * also when it fails: `counts` tells what is done at that moment. Work that changed nothing makes none.
   */
  summarise<T>(kind: string, name: string, counts: () => WorkCounts, work: () => Promise<T>): Promise<T> {
    return causedBy({ ...currentOrigin(), isSummarised: true }, async () => {
      try {
        return await work();
      } finally {
        await this.write(kind, name, counts());
      }
    });
  }

  private async write(kind: string, name: string, counts: WorkCounts): Promise<void> {
    if (!Object.values(counts).some((count) => count > 0)) return;
    await this.transactions.run((manager) =>
      manager.query('SELECT waypost.audit_summary($1, $2, $3)', [kind, name, JSON.stringify(counts)]),
    );
  }
}
