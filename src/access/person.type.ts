import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';

export enum PersonRole {
  EDITOR = 'editor',
  AFFILIATE_MANAGER = 'affiliate_manager',
  ADMINISTRATOR = 'administrator',
}
registerEnumType(PersonRole, {
  name: 'PersonRole',
  description: 'What somebody may do, made of the scopes that tokens have.',
  valuesMap: {
    EDITOR: { description: '`content:read`, `content:write`.' },
    AFFILIATE_MANAGER: { description: '`content:read`, `affiliates:read`, `affiliates:write`, `reports:read`.' },
    ADMINISTRATOR: { description: 'Everything.' },
  },
});

@ObjectType({ implements: () => [Node], description: 'Somebody who may sign in. Needs `admin`.' })
export class Person extends Node {
  @Field({ description: 'What they type to sign in, in lower case.' })
  login!: string;

  @Field({ description: 'As others see them.' })
  name!: string;

  @Field(() => PersonRole, { description: 'What they may do.' })
  role!: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When they last chose a password; null: they have none.',
  })
  passwordChangedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when they cannot sign in; null: they can.' })
  disabledAt!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When they were added.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When they were last changed.' })
  updatedAt!: Date;
}

export const PersonConnection = connectionOf(Person, 'Person');

@ObjectType({ description: 'Somebody, or why not.' })
export class PersonPayload {
  @Field(() => Person, { nullable: true, description: 'The person as saved; null when it was refused.' })
  person?: Person | null;

  @Field(() => [UserError], { description: 'Empty when it was done.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'A link that signs somebody in, or why there is none.' })
export class SignInLinkPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'Path and fragment, to be put behind the address of this server. It works once, within 15 minutes, and is shown here only.',
  })
  link?: string | null;

  @Field(() => [UserError], { description: 'Empty when it was made.' })
  userErrors!: readonly UserError[];
}
