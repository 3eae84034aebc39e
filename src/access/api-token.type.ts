import { Field, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';

@ObjectType({ implements: () => [Node], description: 'A key to the API, without its secret. Needs `admin`.' })
export class ApiToken extends Node {
  @Field({ description: 'What it is for.' })
  name!: string;

  @Field({ description: 'Its first characters, by which a person recognises it.' })
  prefix!: string;

  @Field(() => [String], { description: 'What it may do, such as `content:read`.' })
  scopes!: string[];

  @Field({ description: 'false: the HTML of content written with it is sanitised.' })
  isTrusted!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when it is refused; null: never.' })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last sent, to the minute; null: never.' })
  lastUsedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked; null: it was not.' })
  revokedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it last got a new secret; null: never.' })
  rotatedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when the secret before the last rotation is taken; null: there was none.',
  })
  previousEndsAt!: Date | null;
}

export const ApiTokenConnection = connectionOf(ApiToken, 'ApiToken');

@ObjectType({ description: 'A token, or why there is none.' })
export class ApiTokenPayload {
  @Field(() => ApiToken, { nullable: true, description: 'The token as it is now; null when it was refused.' })
  apiToken?: ApiToken | null;

  @Field(() => [UserError], { description: 'Empty when it was done.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'A token with its secret, or why there is none.' })
export class ApiTokenSecretPayload extends ApiTokenPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What to send as `Authorization: Bearer <token>`. Shown here once, and never again.',
  })
  token?: string | null;
}
