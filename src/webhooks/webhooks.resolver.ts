import { Args, Context, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess, RequireScope } from '../auth/access.guard.js';
import { noteSecret } from '../graphql/answer-notes.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { DeletePayload } from '../graphql/delete-payload.type.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { CreateWebhookInput, UpdateWebhookInput, WebhookDeliveryFilter } from './webhook.input.js';
import {
  Webhook,
  WebhookConnection,
  WebhookDelivery,
  WebhookDeliveryConnection,
  WebhookDeliveryPayload,
  WebhookPayload,
  WebhookSecretPayload,
} from './webhook.type.js';
import { WebhooksService } from './webhooks.service.js';

const WHICH = { type: () => ID, description: 'Which webhook.' };

@Resolver(() => Webhook)
export class WebhooksResolver {
  constructor(private readonly webhooks: WebhooksService) {}

  @Query(() => Webhook, { nullable: true, description: 'A webhook by its id. Needs `admin`.' })
  @RequireScope('admin')
  async webhook(@Args('id', WHICH) id: string): Promise<Webhook | null> {
    return (await this.webhooks.findWebhook(id)) ?? null;
  }

  @Query(() => WebhookConnection, { name: 'webhooks', description: 'Webhooks, oldest first. Needs `admin`.' })
  @RequireScope('admin')
  listWebhooks(@Args() page: PageArgs) {
    return this.webhooks.listWebhooks(readPage(page));
  }

  @Mutation(() => WebhookSecretPayload, {
    description:
      'Makes a webhook, which is told what changes from now on. Its secret is shown this once. Refuses: `URL_INVALID`, `SCHEME_REFUSED`, `CREDENTIALS_REFUSED`, `ADDRESS_REFUSED`, `EVENT_UNKNOWN`, `TOO_MANY_WEBHOOKS`. Needs `admin`.',
  })
  @RequireScope('admin')
  createWebhook(
    @Args('input', { description: 'The new one.' }) input: CreateWebhookInput,
    @Context() context: RequestContext,
  ): Promise<WebhookSecretPayload> {
    return answer(async () =>
      shownOnce(context, await this.webhooks.createWebhook(await checkInput(CreateWebhookInput, input))),
    );
  }

  @Mutation(() => WebhookPayload, {
    description:
      'Changes a webhook. Refuses: `WEBHOOK_NOT_FOUND`, `REVISION_CONFLICT`, `URL_INVALID`, `SCHEME_REFUSED`, `CREDENTIALS_REFUSED`, `ADDRESS_REFUSED`, `EVENT_UNKNOWN`. Needs `admin`.',
  })
  @RequireScope('admin')
  updateWebhook(@Args('input', { description: 'What to change.' }) input: UpdateWebhookInput): Promise<WebhookPayload> {
    return answer(async () => ({
      webhook: await this.webhooks.updateWebhook(await checkInput(UpdateWebhookInput, input)),
    }));
  }

  @Mutation(() => WebhookPayload, {
    description: 'Messages are sent again, first those that waited. Refuses: `WEBHOOK_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  enableWebhook(@Args('id', WHICH) id: string): Promise<WebhookPayload> {
    return answer(async () => ({ webhook: await this.webhooks.enableWebhook(id) }));
  }

  @Mutation(() => WebhookPayload, {
    description:
      'No message is sent until it is enabled again; what changes meanwhile waits. Refuses: `WEBHOOK_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  disableWebhook(@Args('id', WHICH) id: string): Promise<WebhookPayload> {
    return answer(async () => ({ webhook: await this.webhooks.disableWebhook(id) }));
  }

  @Mutation(() => DeletePayload, {
    description: 'Deletes a webhook and its log. Refuses: `WEBHOOK_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  deleteWebhook(@Args('id', WHICH) id: string): Promise<DeletePayload> {
    return answer(async () => ({ deletedId: await this.webhooks.deleteWebhook(id) }));
  }

  @Mutation(() => WebhookSecretPayload, {
    description:
      'Gives a webhook a new secret, shown this once. For 24 hours messages are signed with the former one, too. Refuses: `WEBHOOK_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  rotateWebhookSecret(
    @Args('id', WHICH) id: string,
    @Context() context: RequestContext,
  ): Promise<WebhookSecretPayload> {
    return answer(async () => shownOnce(context, await this.webhooks.rotateSecret(id)));
  }
}

function shownOnce<Made extends { readonly secret: string }>({ req }: RequestContext, made: Made): Made {
  noteSecret(req, made.secret);
  return made;
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveriesResolver {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Query(() => WebhookDeliveryConnection, {
    name: 'webhookDeliveries',
    description:
      'What was sent, and what waits, newest first. Finished ones are forgotten after 30 days. Needs `admin`.',
  })
  @RequireScope('admin')
  listDeliveries(
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, type: () => WebhookDeliveryFilter, description: 'Which ones. Default all.' })
    filter?: WebhookDeliveryFilter | null,
  ) {
    return this.deliveries.listDeliveries(readPage(page), filter);
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description:
      'Sends a message once more, at once, with the same id and body. One that a later message has overtaken is refused. Refuses: `DELIVERY_NOT_FOUND`, `DELIVERY_OVERTAKEN`, `WEBHOOK_DISABLED`. Needs `admin`.',
  })
  @RequireScope('admin')
  redeliverWebhook(
    @Args('deliveryId', { type: () => ID, description: 'Which delivery.' }) deliveryId: string,
  ): Promise<WebhookDeliveryPayload> {
    return answer(async () => ({ delivery: await this.deliveries.redeliver(deliveryId) }));
  }

  @ResolveField()
  @PublicAccess()
  nextAttemptAt(@Parent() delivery: WebhookDelivery): Date | null {
    return delivery.finishedAt === null ? delivery.nextAttemptAt : null;
  }
}
