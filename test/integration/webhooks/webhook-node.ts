import { DataSource } from 'typeorm';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { WebhookDeliveriesService } from '../../../src/webhooks/webhook-deliveries.service.js';
import { WebhookPlanner } from '../../../src/webhooks/webhook-planner.service.js';
import { WebhookSender } from '../../../src/webhooks/webhook-sender.service.js';
import { WebhooksService } from '../../../src/webhooks/webhooks.service.js';
import type { WebhooksOptions } from '../../../src/webhooks/webhooks.options.js';
import type { WebhookEvent } from '../../../src/webhooks/webhook-events.js';
import type { Receiver } from './receiver.js';

/** A Waypost whose webhooks are served when the test says so, at the moment the test says. */
export interface WebhookNode extends TestWaypost {
  readonly dataSource: DataSource;
  readonly sender: WebhookSender;
  readonly webhooks: WebhooksService;
  readonly deliveries: WebhookDeliveriesService;
  plan(at?: Date): Promise<void>;
  /** Plans what changed, and sends until nothing is due at that moment. */
  serve(at?: Date): Promise<void>;
  subscribe(receiver: Receiver, ...events: WebhookEvent[]): Promise<string>;
}

/**
 * `timeoutMs`: short where receivers hang. Otherwise long enough for any machine: a late answer is a failed attempt, and
 * the webhook then waits for a later moment than the test serves.
 */
export async function startWebhookNode(
  databaseUrl: string,
  { timeoutMs = 30_000, encryptionKey }: Pick<WebhooksOptions, 'timeoutMs' | 'encryptionKey'> = {},
): Promise<WebhookNode> {
  const waypost = await startWaypost({
    databaseUrl,
    waypost: {
      redirects: false,
      background: false,
      outbound: { allow: ['127.0.0.1'] },
      webhooks: { timeoutMs, encryptionKey },
    },
  });
  const get = <T>(type: abstract new (...parameters: never[]) => T): T => waypost.app.get<T>(type, { strict: false });
  const sender = get(WebhookSender);
  const webhooks = get(WebhooksService);
  const planner = get(WebhookPlanner);
  return Object.assign(waypost, {
    dataSource: get(DataSource),
    sender,
    webhooks,
    deliveries: get(WebhookDeliveriesService),
    plan: (at?: Date) => planner.plan(at),
    serve: async (at?: Date) => {
      await planner.plan(at);
      for (;;) {
        const send = await sender.claim(at);
        if (!send) return;
        await send(new AbortController().signal);
      }
    },
    subscribe: async (receiver: Receiver, ...events: WebhookEvent[]) => {
      const { webhook, secret } = await webhooks.createWebhook({ url: receiver.url, events });
      receiver.secret = secret;
      return webhook.id;
    },
  });
}
