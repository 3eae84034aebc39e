import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource, In } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError } from '../kernel/errors.js';
import { isUuid } from '../kernel/uuid.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import { OutboundError } from '../outbound/outbound-error.js';
import { FEED_GENERATION_SQL, FEED_HEAD_SQL } from './webhook-planner.service.js';
import { isWebhookEvent } from './webhook-events.js';
import { createSecret, readEncryptionKey, sealSecret } from './webhook-secret.js';
import { WebhookEntity } from './webhook.entity.js';
import type { CreateWebhookInput, UpdateWebhookInput } from './webhook.input.js';
import type { WebhooksOptions } from './webhooks.options.js';
import { WEBHOOKS_OPTIONS } from './webhooks.options.js';

/** A webhook with the secret that was made for it. It can be had this once. */
export interface WebhookWithSecret {
  readonly webhook: WebhookEntity;
  readonly secret: string;
}

/** Every change is sent to each of them. */
const MOST_WEBHOOKS = 100;
/** How long messages are signed with the former secret, too, so that a receiver can change at leisure. */
const OLD_SECRET_TIME = `interval '24 hours'`;

@Injectable()
export class WebhooksService {
  private readonly key: Buffer | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly outbound: OutboundClient,
    @Inject(WEBHOOKS_OPTIONS) { encryptionKey }: WebhooksOptions,
    nodes: NodesService,
  ) {
    nodes.registerScoped({
      typeName: 'Webhook',
      scope: 'admin',
      findByIds: (ids) => dataSource.getRepository(WebhookEntity).findBy({ id: In(ids) }),
    });
    this.key = encryptionKey === undefined ? undefined : readEncryptionKey(encryptionKey);
  }

  /** It is told what changes from now on. @throws RefusedError */
  async createWebhook({ url, events, description }: CreateWebhookInput): Promise<WebhookWithSecret> {
    await this.refuseUnreachable(url);
    const id = randomUUID();
    const secret = createSecret();
    const made = await this.transactions.run((manager) =>
      manager.query<unknown[]>(
        `INSERT INTO waypost.webhooks (id, url, events, description, secret, position, generation)
         SELECT $1, $2, $3, $4, $5, ${FEED_HEAD_SQL}, ${FEED_GENERATION_SQL}
          WHERE (SELECT count(*) FROM waypost.webhooks) < ${MOST_WEBHOOKS} RETURNING id`,
        [id, url, events, description ?? null, sealSecret(secret, id, this.key)],
      ),
    );
    if (made.length === 0) throw new RefusedError([TOO_MANY]);
    return { webhook: await this.getWebhook(id), secret };
  }

  /** @throws RefusedError */
  async updateWebhook({ id, expectedRevision, url, events, description }: UpdateWebhookInput): Promise<WebhookEntity> {
    if (url != null) await this.refuseUnreachable(url);
    const work = async (manager: EntityManager, webhook: WebhookEntity): Promise<void> => {
      if (webhook.revision !== expectedRevision) throw conflict(webhook, expectedRevision);
      const changes = {
        ...(url != null && url !== webhook.url && { url }),
        ...(events != null && !sameEvents(events, webhook.events) && { events: events.filter(isWebhookEvent) }),
        ...(description !== undefined && description !== webhook.description && { description }),
      };
      if (Object.keys(changes).length === 0) return;
      await save(manager, id, changes);
      if (changes.url !== undefined) await sendWaiting(manager, id);
    };
    await this.change(id, work, 'input.id');
    return this.getWebhook(id);
  }

  /** Everything that changed meanwhile, and everything that waits, is sent. @throws RefusedError */
  async enableWebhook(id: string): Promise<WebhookEntity> {
    await this.change(id, async (manager, webhook) => {
      if (webhook.enabled) return;
      await save(manager, id, { enabled: true, disabledReason: null, disabledAt: null });
      await sendWaiting(manager, id);
    });
    return this.getWebhook(id);
  }

  /** @throws RefusedError */
  async disableWebhook(id: string): Promise<WebhookEntity> {
    await this.change(id, async (manager, webhook) => {
      if (!webhook.enabled) return;
      await save(manager, id, { enabled: false, disabledReason: 'Disabled by hand.', disabledAt: () => 'now()' });
    });
    return this.getWebhook(id);
  }

  /** Its deliveries go with it. @throws RefusedError */
  async deleteWebhook(id: string): Promise<string> {
    await this.change(id, (manager) => manager.delete(WebhookEntity, { id }));
    return id;
  }

  /** For 24 hours messages carry signatures of both secrets. @throws RefusedError */
  async rotateSecret(id: string): Promise<WebhookWithSecret> {
    const secret = createSecret();
    await this.change(id, (manager, webhook) =>
      save(manager, id, {
        secret: sealSecret(secret, webhook.id, this.key),
        previousSecret: webhook.secret,
        previousSecretUntil: () => `now() + ${OLD_SECRET_TIME}`,
      }),
    );
    return { webhook: await this.getWebhook(id), secret };
  }

  async findWebhook(id: string): Promise<WebhookEntity | undefined> {
    if (!isUuid(id)) return undefined;
    return (await this.dataSource.getRepository(WebhookEntity).findOneBy({ id })) ?? undefined;
  }

  listWebhooks(page: Page): Promise<Connection<WebhookEntity>> {
    return findPage<WebhookEntity>(this.dataSource, {
      entity: WebhookEntity,
      alias: 'webhook',
      where: 'true',
      parameters: new SqlParameters(),
      columns: [
        { sql: 'webhook.created_at', type: 'timestamptz', descending: false, nullable: false },
        { sql: 'webhook.id', type: 'uuid', descending: false, nullable: false },
      ],
      sortValues: (webhook) => [webhook.createdAt, webhook.id],
      page,
    });
  }

  private async getWebhook(id: string): Promise<WebhookEntity> {
    const webhook = await this.findWebhook(id);
    if (!webhook) throw new RefusedError([unknownWebhook(id, 'id')]);
    return webhook;
  }

  /** @param field path of the input that names it. */
  private async change(
    id: string,
    work: (manager: EntityManager, webhook: WebhookEntity) => Promise<unknown>,
    field = 'id',
  ): Promise<void> {
    if (!isUuid(id)) throw new RefusedError([unknownWebhook(id, field)]);
    await this.transactions.run(async (manager) => {
      const webhook = await manager.findOne(WebhookEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!webhook) throw new RefusedError([unknownWebhook(id, field)]);
      await work(manager, webhook);
      // Every node looks whether there is something to send.
      await manager.query(`SELECT pg_notify('waypost_changes', 'webhooks')`);
    });
  }

  private async refuseUnreachable(url: string): Promise<void> {
    try {
      await this.outbound.checkUrl(url);
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new RefusedError([{ code: error.code, message: error.message, field: 'input.url' }]);
    }
  }
}

type Changes = Parameters<EntityManager['update']>[2];

async function save(manager: EntityManager, id: string, changes: Changes): Promise<void> {
  await manager
    .createQueryBuilder()
    .update(WebhookEntity)
    .set({ ...changes, revision: () => 'revision + 1', updatedAt: () => 'now()' })
    .where('id = :id', { id })
    .execute();
}

/** As if nothing had been tried yet: another address, or a receiver that somebody says is there again. */
async function sendWaiting(manager: EntityManager, id: string): Promise<void> {
  await manager.query(`UPDATE waypost.webhooks SET failures = 0, failing_since = NULL, retry_at = NULL WHERE id = $1`, [
    id,
  ]);
  await manager.query(
    `UPDATE waypost.webhook_deliveries SET attempts = 0, first_attempt_at = NULL, next_attempt_at = now()
      WHERE webhook_id = $1 AND status = 'pending'`,
    [id],
  );
}

function sameEvents(left: readonly string[], right: readonly string[]): boolean {
  return [...left].sort().join() === [...right].sort().join();
}

const TOO_MANY: UserProblem = {
  code: 'TOO_MANY_WEBHOOKS',
  message: `There are ${MOST_WEBHOOKS} webhooks already. Delete one that is not needed any more.`,
};

function conflict({ revision }: WebhookEntity, expected: number): RefusedError {
  return new RefusedError([
    {
      code: 'REVISION_CONFLICT',
      message: `Somebody saved this webhook since you read it: it is at revision ${revision}, you sent ${expected}. Read it again and repeat your change.`,
      field: 'input.expectedRevision',
    },
  ]);
}

function unknownWebhook(id: string, field: string): UserProblem {
  return {
    code: 'WEBHOOK_NOT_FOUND',
    message: `No webhook has the id "${id}". It may have been deleted.`,
    field,
  };
}
