import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { ArrayNotEmpty, ArrayUnique, IsIn, IsInt, IsOptional, IsString, Length, Min } from 'class-validator';
import { WEBHOOK_EVENTS } from './webhook-events.js';
import { WebhookDeliveryStatus } from './webhook.type.js';

const MOST_URL_LENGTH = 2048;
const URL_LENGTH = { message: `url is 1 to ${MOST_URL_LENGTH} characters` };
const EVENT_NAMES = {
  each: true,
  message: `each of events is one of: ${WEBHOOK_EVENTS.join(', ')}`,
  context: { code: 'EVENT_UNKNOWN' },
};
const DESCRIPTION_LENGTH = { message: 'description is 1 to 200 characters, or null for none' };

@InputType({ description: 'A new webhook.' })
export class CreateWebhookInput {
  @Field({
    description: 'Where messages are posted to: http or https, a public address unless the operator allows others.',
  })
  @IsString()
  @Length(1, MOST_URL_LENGTH, URL_LENGTH)
  url!: string;

  @Field(() => [String], {
    description:
      'What it is told of: `cache.purge`, `content.changed`, `content.reset`, `article.upserted`, `article.deleted`, `tag.upserted`, `tag.deleted`.',
  })
  @ArrayNotEmpty({ message: 'events names at least one event' })
  @ArrayUnique({ message: 'events names each event once' })
  @IsIn(WEBHOOK_EVENTS, EVENT_NAMES)
  events!: string[];

  @Field(() => String, { nullable: true, description: 'For people. At most 200 characters. Default none.' })
  @IsOptional()
  @IsString()
  @Length(1, 200, DESCRIPTION_LENGTH)
  description?: string | null;
}

@InputType({ description: 'Changes to a webhook. A field left out stays as it is.' })
export class UpdateWebhookInput {
  @Field(() => ID, { description: 'Which webhook.' })
  @IsString()
  id!: string;

  @Field(() => Int, {
    description: 'The `revision` you read. If somebody saved since, nothing is changed: `REVISION_CONFLICT`.',
  })
  @IsInt()
  @Min(1)
  expectedRevision!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Where messages are posted to. What waits is sent there at once.',
  })
  @IsOptional()
  @IsString()
  @Length(1, MOST_URL_LENGTH, URL_LENGTH)
  url?: string | null;

  @Field(() => [String], { nullable: true, description: 'What it is told of from now on.' })
  @IsOptional()
  @ArrayNotEmpty({ message: 'events names at least one event' })
  @ArrayUnique({ message: 'events names each event once' })
  @IsIn(WEBHOOK_EVENTS, EVENT_NAMES)
  events?: string[] | null;

  @Field(() => String, { nullable: true, description: 'For people; null clears it.' })
  @IsOptional()
  @IsString()
  @Length(1, 200, DESCRIPTION_LENGTH)
  description?: string | null;
}

@InputType({ description: 'Which deliveries. All conditions that are given must hold.' })
export class WebhookDeliveryFilter {
  @Field(() => ID, { nullable: true, description: 'To this webhook.' })
  webhookId?: string | null;

  @Field(() => [WebhookDeliveryStatus], { nullable: true, description: 'One of these.' })
  status?: WebhookDeliveryStatus[] | null;

  @Field(() => String, { nullable: true, description: 'Of this event, such as `cache.purge`.' })
  event?: string | null;
}
