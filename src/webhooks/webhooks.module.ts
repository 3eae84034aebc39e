import type { ModuleMetadata } from '@nestjs/common';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookDispatcher } from './webhook-dispatcher.service.js';
import { WebhookPlanner } from './webhook-planner.service.js';
import { WebhookSender } from './webhook-sender.service.js';
import { WebhookDeliveryEntity, WebhookEntity } from './webhook.entity.js';
import { WebhookDeliveriesResolver, WebhooksResolver } from './webhooks.resolver.js';
import { WebhooksService } from './webhooks.service.js';

export const webhooksEntities = [WebhookEntity, WebhookDeliveryEntity];

export const webhooksModule = {
  providers: [
    WebhooksService,
    WebhookDeliveriesService,
    WebhookPlanner,
    WebhookSender,
    WebhookDispatcher,
    WebhooksResolver,
    WebhookDeliveriesResolver,
  ],
  exports: [WebhooksService],
} satisfies ModuleMetadata;
