import { Field, InputType, ID, Int, ObjectType } from '@nestjs/graphql';
import { IsInt, IsUUID, Min } from 'class-validator';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { JsonScalar } from '../graphql/json.scalar.js';

@ObjectType({ description: 'An article as it was saved once.' })
export class ArticleRevision {
  @Field(() => Int, { description: 'Its number.' })
  revision!: number;

  @Field(() => DateTimeScalar, { description: 'When it was saved.' })
  at!: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'Who saved it: the name of the API token or of the person; `import` for files; null where somebody wrote in the database itself.',
  })
  author!: string | null;

  @Field({ description: 'Where it stood.' })
  path!: string;

  @Field({ description: 'Last part of its address.' })
  slug!: string;

  @Field({ description: 'Its language.' })
  locale!: string;

  @Field({ description: 'Plain text.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'Plain text; null: none.' })
  description!: string | null;

  @Field(() => String, { nullable: true, description: 'The address that counted as the original; null: its own.' })
  canonicalUrl!: string | null;

  @Field(() => [String], { description: 'Names of its tags, in order.' })
  tags!: string[];

  @Field(() => JsonScalar, { description: 'Every other front matter key.' })
  params!: unknown;

  @Field({ description: 'What the editor chose: `draft`, `published` or `archived`.' })
  status!: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when readers were to see it; null: there was no date.',
  })
  publishedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when they were no longer to; null: never.' })
  expiresAt!: Date | null;
}

export const ArticleRevisionConnection = connectionOf(ArticleRevision, 'ArticleRevision');

@ObjectType({ description: 'A field that is another one in two revisions.' })
export class ArticleFieldChange {
  @Field({ description: 'Its name, such as `title`; of other front matter `params.` and the key.' })
  field!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'The older value; null: there was none.' })
  before!: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'The newer value; null: there is none.' })
  after!: unknown;
}

@ObjectType({ description: 'Lines of a source that changed, with up to three unchanged lines around them.' })
export class SourceHunk {
  @Field(() => Int, { description: 'First line in the older source, from 1.' })
  oldStart!: number;

  @Field(() => Int, { description: 'How many lines of the older source.' })
  oldLines!: number;

  @Field(() => Int, { description: 'First line in the newer source, from 1.' })
  newStart!: number;

  @Field(() => Int, { description: 'How many lines of the newer source.' })
  newLines!: number;

  @Field(() => [String], { description: 'Each line after a `-` (gone), a `+` (new) or a space (as it was).' })
  lines!: readonly string[];
}

@ObjectType({ description: 'What differs between two revisions of an article.' })
export class ArticleRevisionDiff {
  @Field(() => [ArticleFieldChange], { description: 'Everything but the source. Empty where nothing changed.' })
  fields!: readonly ArticleFieldChange[];

  @Field(() => [SourceHunk], { description: 'The source. Empty where it is the same.' })
  source!: readonly SourceHunk[];

  @Field({ description: 'The source once more, as a unified diff. Empty where it is the same.' })
  unified!: string;
}

@InputType({ description: 'Which revision to go back to.' })
export class RestoreArticleRevisionInput {
  @Field(() => ID, { description: 'Which article.' })
  @IsUUID('all', { message: 'id is not the id of an article', context: { code: 'ARTICLE_NOT_FOUND' } })
  id!: string;

  @Field(() => Int, { description: 'The revision whose content comes back.' })
  @IsInt()
  @Min(1)
  revision!: number;

  @Field(() => Int, {
    description: 'The `revision` you read. If somebody saved since, nothing is changed: `REVISION_CONFLICT`.',
  })
  @IsInt()
  @Min(1)
  expectedRevision!: number;
}
