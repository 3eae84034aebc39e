import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError } from '../kernel/errors.js';
import { isUuid } from '../kernel/uuid.js';
import { WebhookDeliveryEntity } from './webhook.entity.js';
import type { WebhookDeliveryFilter } from './webhook.input.js';

/** So that no statement holds many locks. */
const FORGOTTEN_AT_ONCE = 10_000;

/** The log of what was sent. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    nodes: NodesService,
  ) {
    nodes.registerScoped({
      typeName: 'WebhookDelivery',
      scope: 'admin',
      findByIds: (ids) => dataSource.getRepository(WebhookDeliveryEntity).findBy({ id: In(ids) }),
    });
  }

  /** Newest first. */
  listDeliveries(page: Page, filter?: WebhookDeliveryFilter | null): Promise<Connection<WebhookDeliveryEntity>> {
    const parameters = new SqlParameters();
    const where = ['true'];
    const { webhookId, status, event } = filter ?? {};
    if (webhookId != null) {
      where.push(isUuid(webhookId) ? `delivery.webhook_id = ${parameters.place(webhookId)}::uuid` : 'false');
    }
    if (status != null) where.push(`delivery.status = ANY(${parameters.place(status)})`);
    if (event != null) where.push(`delivery.event = ${parameters.place(event)}`);
    return findPage<WebhookDeliveryEntity>(this.dataSource, {
      entity: WebhookDeliveryEntity,
      alias: 'delivery',
      where: where.join(' AND '),
      parameters,
      columns: [
        { sql: 'delivery.created_at', type: 'timestamptz', descending: true, nullable: false },
        { sql: 'delivery.id', type: 'uuid', descending: true, nullable: false },
      ],
      sortValues: (delivery) => [delivery.createdAt, delivery.id],
      page,
    });
  }

  /**
   * Removes deliveries that were finished more than so many days ago, some of them at once.
   * @returns whether none is left.
   */
  async forgetFinished(days: number): Promise<boolean> {
    const [, removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM waypost.webhook_deliveries WHERE id IN (
         SELECT id FROM waypost.webhook_deliveries
          WHERE status <> 'pending' AND finished_at < clock_timestamp() - $1 * interval '1 day' LIMIT ${FORGOTTEN_AT_ONCE})`,
      [days],
    );
    return removed < FORGOTTEN_AT_ONCE;
  }

  /**
   * Sends a message once more, at once, with the same id and body. One that a later message has overtaken is refused: it would
   * take the receiver back to a former state.
   * @throws RefusedError
   */
  async redeliver(id: string): Promise<WebhookDeliveryEntity> {
    if (!isUuid(id)) throw new RefusedError([unknownDelivery(id)]);
    return this.transactions.run(async (manager) => {
      const found = await manager.findOneBy(WebhookDeliveryEntity, { id });
      if (!found) throw new RefusedError([unknownDelivery(id)]);
      // In the order in which the planner locks: first the webhook, then its deliveries.
      const [webhook] = await manager.query<{ enabled: boolean }[]>(
        `SELECT enabled FROM waypost.webhooks WHERE id = $1 FOR UPDATE`,
        [found.webhookId],
      );
      if (webhook?.enabled !== true) throw new RefusedError([WEBHOOK_DISABLED]);
      const [later] = await manager.query<{ id: string }[]>(
        `SELECT later.id FROM waypost.webhook_deliveries this
           JOIN waypost.webhook_deliveries later
             ON later.webhook_id = this.webhook_id AND later.subject = this.subject AND later.seq > this.seq
          WHERE this.id = $1 ORDER BY later.seq DESC LIMIT 1`,
        [id],
      );
      if (later) throw new RefusedError([overtaken(later.id)]);
      await manager.query(
        `UPDATE waypost.webhook_deliveries
            SET status = 'pending', finished_at = NULL, attempts = 0, first_attempt_at = NULL, next_attempt_at = now()
          WHERE id = $1`,
        [id],
      );
      // A receiver that failed is tried at once, too.
      await manager.query(`UPDATE waypost.webhooks SET retry_at = NULL WHERE id = $1`, [found.webhookId]);
      await manager.query(`SELECT pg_notify('waypost_changes', 'webhooks')`);
      return manager.findOneByOrFail(WebhookDeliveryEntity, { id });
    });
  }
}

const WEBHOOK_DISABLED: UserProblem = {
  code: 'WEBHOOK_DISABLED',
  message: 'The webhook of this delivery is disabled. Enable it: everything that waits is sent then.',
  field: 'deliveryId',
};

function unknownDelivery(id: string): UserProblem {
  return {
    code: 'DELIVERY_NOT_FOUND',
    message: `No delivery has the id "${id}". The log may have forgotten it.`,
    field: 'deliveryId',
  };
}

function overtaken(id: string): UserProblem {
  return {
    code: 'DELIVERY_OVERTAKEN',
    message: `The delivery "${id}" tells a later state of the same thing. Redeliver that one.`,
    field: 'deliveryId',
  };
}
