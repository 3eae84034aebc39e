import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { JsonScalar } from '../graphql/json.scalar.js';
import { Node } from '../graphql/node.type.js';

export enum AuditActorKind {
  TOKEN = 'token',
  PERSON = 'person',
  HOST = 'host',
  COMMAND = 'command',
  SYSTEM = 'system',
  DATABASE = 'database',
}
registerEnumType(AuditActorKind, {
  name: 'AuditActorKind',
  description: 'Who can change something.',
  valuesMap: {
    TOKEN: { description: 'A program with an API token.' },
    PERSON: { description: 'Somebody who signed in.' },
    HOST: { description: 'Somebody whom the host application vouches for.' },
    COMMAND: { description: 'The command line.' },
    SYSTEM: { description: 'The server by itself.' },
    DATABASE: { description: 'Somebody who wrote SQL; the name is that of the database user.' },
  },
});

export enum AuditOperation {
  CREATE = 'CREATE',
  UPDATE = 'UPDATE',
  DELETE = 'DELETE',
  SUMMARY = 'SUMMARY',
}
registerEnumType(AuditOperation, {
  name: 'AuditOperation',
  description: 'What became of a thing.',
  valuesMap: {
    CREATE: { description: 'It was made.' },
    UPDATE: { description: 'It was changed.' },
    DELETE: { description: 'It was deleted.' },
    SUMMARY: { description: 'Many were worked on at once; `after` has the counts.' },
  },
});

@ObjectType({
  implements: () => [Node],
  description: 'One change, and who made it. Written with the change, and never altered. Needs `admin`.',
})
export class AuditEntry extends Node {
  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => AuditActorKind, { description: 'What kind of actor it was.' })
  actorKind!: string;

  @Field(() => ID, { nullable: true, description: 'Of the token or the person; null for others.' })
  actorId!: string | null;

  @Field({ description: 'Its name then.' })
  actorName!: string;

  @Field({ description: 'The mutation, the command or the work that did it, such as `pauseAffiliatePartner`.' })
  action!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Of the HTTP request, as in `X-Request-Id`; null: there was none.',
  })
  requestId!: string | null;

  @Field(() => AuditOperation, { description: 'What became of the thing.' })
  operation!: string;

  @Field({ description: 'What kind of thing, such as `partner`, `article`, `apiToken`.' })
  entityType!: string;

  @Field(() => ID, { nullable: true, description: 'Its id; null: it has none.' })
  entityId!: string | null;

  @Field(() => String, { nullable: true, description: 'Its key, path or name then; null: it has none.' })
  entityName!: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Its values before, of an update those that changed; null for a new thing. Never a secret; of a text of more than 4,000 characters the length and the SHA-256.',
  })
  before!: object | null;

  @Field(() => JsonScalar, { nullable: true, description: 'The same after; null for what was deleted.' })
  after!: object | null;
}

export const AuditEntryConnection = connectionOf(AuditEntry, 'AuditEntry');
