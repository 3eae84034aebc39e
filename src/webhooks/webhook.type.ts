import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';

export enum WebhookDeliveryStatus {
  PENDING = 'pending',
  DELIVERED = 'delivered',
  FAILED = 'failed',
  SUPERSEDED = 'superseded',
}
registerEnumType(WebhookDeliveryStatus, {
  name: 'WebhookDeliveryStatus',
  description: 'What became of a message.',
  valuesMap: {
    PENDING: { description: 'It waits for its first or next attempt.' },
    DELIVERED: { description: 'The receiver answered 200 to 299.' },
    FAILED: { description: 'It was refused for 24 hours while others got through, and is not tried any more.' },
    SUPERSEDED: { description: 'A later message tells the state of the same thing: this one is not sent any more.' },
  },
});

@ObjectType({
  implements: () => [Node],
  description: 'Where changes of public content are sent to, signed by Standard Webhooks. Needs `admin`.',
})
export class Webhook extends Node {
  @Field({ description: 'Where messages are posted to.' })
  url!: string;

  @Field(() => String, { nullable: true, description: 'For people; null: none.' })
  description!: string | null;

  @Field(() => [String], { description: 'What it is told of, such as `article.upserted`.' })
  events!: string[];

  @Field({ description: 'Whether messages are sent. What changes meanwhile is sent once it is enabled again.' })
  enabled!: boolean;

  @Field(() => String, { nullable: true, description: 'Why it is disabled; null while it is enabled.' })
  disabledReason!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it is disabled; null while it is enabled.' })
  disabledAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when nothing gets through; null while it receives. After 24 hours it is disabled.',
  })
  failingSince!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When a message last got through; null: never.' })
  lastSuccessAt!: Date | null;

  @Field(() => Int, { description: 'Counts the saves, from 1.' })
  revision!: number;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last saved with a change.' })
  updatedAt!: Date;
}

@ObjectType({
  implements: () => [Node],
  description: 'One message to a webhook, and what became of it. Its `webhook-id` is `msg_` and the id. Needs `admin`.',
})
export class WebhookDelivery extends Node {
  @Field(() => ID, { description: 'Id of its webhook.' })
  webhookId!: string;

  @Field({ description: 'What it tells of, such as `article.upserted`.' })
  event!: string;

  @Field({ description: 'The body, as it is sent.' })
  payload!: string;

  @Field(() => WebhookDeliveryStatus, { description: 'What became of it.' })
  status!: WebhookDeliveryStatus | 'pending' | 'delivered' | 'failed' | 'superseded';

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last tried; null: not yet.' })
  lastAttemptAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it is tried next; null when it is finished.' })
  nextAttemptAt!: Date | null;

  @Field(() => Int, { nullable: true, description: 'HTTP status of the last answer; null where none came.' })
  responseStatus!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the last attempt failed, for programs, such as `TIMED_OUT` or `HTTP_500`; null: it did not.',
  })
  errorCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Why the last attempt failed, for a person; null: it did not.' })
  errorMessage!: string | null;

  @Field(() => DateTimeScalar, { description: 'When the change was seen.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was delivered, given up or superseded; null while it waits.',
  })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'A webhook, or why there is none.' })
export class WebhookPayload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook as saved; null when it was refused.' })
  webhook?: Webhook | null;

  @Field(() => [UserError], { description: 'Empty when it was saved.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'A webhook with its secret, which is shown this once, or why there is none.' })
export class WebhookSecretPayload extends WebhookPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What messages are signed with: `whsec_` and base64. It cannot be shown again.',
  })
  secret?: string | null;
}

@ObjectType({ description: 'A delivery, or why there is none.' })
export class WebhookDeliveryPayload {
  @Field(() => WebhookDelivery, { nullable: true, description: 'The delivery, which now waits; null when refused.' })
  delivery?: WebhookDelivery | null;

  @Field(() => [UserError], { description: 'Empty when it will be sent.' })
  userErrors!: readonly UserError[];
}

export const WebhookConnection = connectionOf(Webhook, 'Webhook');
export const WebhookDeliveryConnection = connectionOf(WebhookDelivery, 'WebhookDelivery');
