import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Tag } from '../tags/tag.type.js';
import { Article } from './article.type.js';

export enum ChangeOperation {
  UPSERT = 'UPSERT',
  DELETE = 'DELETE',
}
registerEnumType(ChangeOperation, {
  name: 'ChangeOperation',
  description: 'What a follower does to its copy.',
  valuesMap: {
    UPSERT: { description: 'Put it there, or replace it: it is new, or something about it changed.' },
    DELETE: { description: 'Take it away: it is gone, or callers like you no longer see it.' },
  },
});

export enum EntityKind {
  ARTICLE = 'ARTICLE',
  TAG = 'TAG',
}
registerEnumType(EntityKind, {
  name: 'EntityKind',
  description: 'What a change is about.',
  valuesMap: { ARTICLE: { description: 'An article.' }, TAG: { description: 'A tag.' } },
});

@ObjectType({
  description:
    'The latest change of one article or tag. What it went through before is not told: only the state it is in.',
})
export class Change {
  @Field(() => ChangeOperation, { description: 'What to do.' })
  operation!: ChangeOperation | 'UPSERT' | 'DELETE';

  @Field(() => EntityKind, { description: 'With what.' })
  kind!: EntityKind | 'ARTICLE' | 'TAG';

  @Field(() => ID, { description: 'Id of the article or tag.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Of an article: where it stands; of a deleted one: where it stood; null for a tag.',
  })
  path!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its slug, the last one where it is deleted; null where that is not known any more.',
  })
  slug!: string | null;

  @Field(() => String, { nullable: true, description: 'Of an article: its language; null for a tag.' })
  locale!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of an article: its canonical address; where it names none, its path on the public site.',
  })
  url!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at!: Date;

  @Field(() => Article, { nullable: true, description: 'The article as it is now; null for a deletion and for a tag.' })
  article!: object | null;

  @Field(() => Tag, { nullable: true, description: 'The tag as it is now; null for a deletion and for an article.' })
  tag!: Tag | null;
}

@ObjectType({ description: 'What changed since a place in the change feed.' })
export class ChangeSet {
  @Field(() => [Change], { description: 'Oldest first, at most one for each article and tag.' })
  nodes!: readonly Change[];

  @Field({ description: 'The place after these changes, for the next `changes`. Opaque.' })
  syncToken!: string;

  @Field({ description: 'Whether more follows. Ask again at once.' })
  hasMore!: boolean;
}
