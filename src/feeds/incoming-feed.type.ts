import { Field, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';

export enum IncomingFeedOutcome {
  DONE = 'done',
  UNCHANGED = 'unchanged',
  FAILED = 'failed',
  BUSY = 'busy',
}
registerEnumType(IncomingFeedOutcome, {
  name: 'IncomingFeedOutcome',
  description: 'What became of one reading of a feed.',
  valuesMap: {
    DONE: { description: 'It was read, and its items taken.' },
    UNCHANGED: { description: 'Its server says that nothing is new.' },
    FAILED: { description: 'It could not be read; it is tried again later.' },
    BUSY: { description: 'It is being read at the moment.' },
  },
});

export enum IncomingItemOutcome {
  CREATED = 'created',
  UPDATED = 'updated',
  UNCHANGED = 'unchanged',
  KEPT = 'kept',
  FAILED = 'failed',
}
registerEnumType(IncomingItemOutcome, {
  name: 'IncomingItemOutcome',
  description: 'What became of one item of a feed.',
  valuesMap: {
    CREATED: { description: 'It is a draft article now.' },
    UPDATED: { description: 'Its draft article has changed with it.' },
    UNCHANGED: { description: 'It says what it said before.' },
    KEPT: { description: 'An editor has taken its article over, or deleted it.' },
    FAILED: { description: 'It could not be taken.' },
  },
});

@ObjectType({
  implements: () => [Node],
  description: 'A feed whose items become draft articles. Needs `content:write`.',
})
export class IncomingFeed extends Node {
  @Field({ description: 'Its address.' })
  url!: string;

  @Field(() => Int, { description: 'Minutes between two readings by the server itself; 0: only when asked.' })
  everyMinutes!: number;

  @Field(() => Int, { description: 'How often in a row it could not be read.' })
  failures!: number;

  @Field(() => String, { nullable: true, description: 'Why, for programs, such as `TIMED_OUT`; null when it could.' })
  errorCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Why, for a person; null when it could.' })
  errorMessage!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last read without a failure; null: never.' })
  lastSuccessAt!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When the server reads it next, unless `everyMinutes` is 0.' })
  nextRunAt!: Date;
}

@ObjectType({ description: 'Why a feed or an item could not be taken.' })
export class IncomingFeedError {
  @Field({ description: 'For programs, such as `HTTP_404` or `ITEM_TOO_LARGE`.' })
  code!: string;

  @Field({ description: 'For a person.' })
  message!: string;
}

@ObjectType({ description: 'One item of a feed that was read.' })
export class IncomingItem {
  @Field({ description: 'What it is known by within its feed.' })
  guid!: string;

  @Field({ description: 'Its title, without markup.' })
  title!: string;

  @Field(() => IncomingItemOutcome, { description: 'What became of it.' })
  outcome!: IncomingItemOutcome | 'created' | 'updated' | 'unchanged' | 'kept' | 'failed';

  @Field(() => String, { nullable: true, description: 'Path of its article, where there is one.' })
  path?: string | null;

  @Field(() => IncomingFeedError, { nullable: true, description: 'Why it could not be taken; null: it could.' })
  error?: IncomingFeedError | null;
}

@ObjectType({ description: 'What a reading of a feed brought.' })
export class IncomingFeedRun {
  @Field(() => IncomingFeedOutcome, { description: 'How it went.' })
  outcome!: IncomingFeedOutcome | 'done' | 'unchanged' | 'failed' | 'busy';

  @Field(() => [IncomingItem], { description: 'The items that were read, oldest first.' })
  items!: readonly IncomingItem[];

  @Field(() => IncomingFeedError, { nullable: true, description: 'Why the feed could not be read; null: it could.' })
  error?: IncomingFeedError | null;

  @Field({ description: 'Whether the feed has more items than are read of one.' })
  isCut!: boolean;
}

@InputType({ description: 'A feed to follow. One that is there already gets the new template.' })
export class AddIncomingFeedInput {
  @Field({ description: 'Its address: http or https, a public address unless the operator allows others.' })
  @IsString()
  @Length(1, 2048, { message: 'url is 1 to 2048 characters' })
  url!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'A model article with front matter: its tags, path, first paragraph and `aff` calls are used. Default: the categories of the feed as tags, and no calls.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 100_000, { message: 'template is at most 100,000 characters' })
  template?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Minutes between two readings by the server itself; 0: only when asked. Default 60.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(525_600)
  everyMinutes?: number | null;
}

@ObjectType({ description: 'A feed, or why there is none.' })
export class IncomingFeedPayload {
  @Field(() => IncomingFeed, { nullable: true, description: 'The feed as saved; null when it was refused.' })
  feed?: IncomingFeed | null;

  @Field(() => [UserError], { description: 'Empty when it was saved.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'What a reading brought, or why there was none.' })
export class IncomingFeedRunPayload {
  @Field(() => IncomingFeedRun, { nullable: true, description: 'What it brought; null when there is no such feed.' })
  run?: IncomingFeedRun | null;

  @Field(() => [UserError], { description: 'Empty when there is such a feed.' })
  userErrors!: readonly UserError[];
}

export const IncomingFeedConnection = connectionOf(IncomingFeed, 'IncomingFeed');
