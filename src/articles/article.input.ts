import { Field, ID, InputType, Int, registerEnumType } from '@nestjs/graphql';
import {
  ArrayMaxSize,
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
  Min,
} from 'class-validator';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { DateTimeFilter, StringFilter } from '../graphql/filter.input.js';
import { JsonScalar } from '../graphql/json.scalar.js';
import { SLUG } from './article-draft.js';
import { ArticleStatus } from './article.type.js';

/** Sixteen million characters: the same bound as for a file. */
const MOST_SOURCE = 16 * 1024 * 1024;
const CHOSEN_STATUSES = [ArticleStatus.DRAFT, ArticleStatus.SCHEDULED, ArticleStatus.PUBLISHED, ArticleStatus.ARCHIVED];
/** Also nothing at all, which another rule refuses. */
const NOTHING_OR_SEEN = /^$|[^\p{White_Space}\p{Cc}\p{Cf}]/u;
const TITLE_RULE = {
  message: 'title has nothing but white space: write at least one character that readers see',
  context: { code: 'TITLE_EMPTY' },
};
const SLUG_RULE = {
  message: 'slug is 1 to 200 characters without "/", "?", "#", white space or control characters, and not "." or ".."',
  context: { code: 'SLUG_INVALID' },
};

@InputType({ isAbstract: true })
abstract class ArticleDetailsInput {
  @Field(() => String, {
    nullable: true,
    description: 'Where it stands, such as `/posts/my-post`. Default: `/` and the slug.',
  })
  @IsOptional()
  @IsString()
  @Matches(/^\/?(?!\.{1,2}(?:\/|$))[^\s/?#\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^\s/?#\p{Cc}]+)*\/?$/u, {
    message:
      'path is parts joined by "/", such as "/posts/my-post", without "?", "#", white space or the parts "." and ".."',
    context: { code: 'PATH_INVALID' },
  })
  @MaxLength(1000, { message: 'path is at most 1,000 characters', context: { code: 'PATH_INVALID' } })
  path?: string | null;

  @Field(() => String, { nullable: true, description: 'Last part of its address. Default: the last part of the path.' })
  @IsOptional()
  @IsString()
  @Matches(SLUG, SLUG_RULE)
  @MaxLength(200, SLUG_RULE)
  slug?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Language, such as `en` or `pt-br`. Default: that of the installation.',
  })
  @IsOptional()
  @Matches(/^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/, {
    message: 'locale is a language tag in lower case, such as "en" or "pt-br"',
    context: { code: 'LOCALE_INVALID' },
  })
  locale?: string | null;

  @Field(() => String, { nullable: true, description: 'Plain text, at most 2,000 characters. null: none.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000, { message: 'description is at most 2,000 characters' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The address that counts as the original: an absolute http or https URL. null: none.',
  })
  @IsOptional()
  @IsString()
  @Matches(/^https?:\/\/[^\s@/?#]+(?:[/?#]\S*)?$/i, {
    message: 'canonicalUrl is an absolute http or https URL without user name, such as "https://example.org/post"',
    context: { code: 'URL_INVALID' },
  })
  @MaxLength(4096, { message: 'canonicalUrl is at most 4,096 characters', context: { code: 'URL_INVALID' } })
  canonicalUrl?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of its tags, in order. Those that do not exist are made. Default: none.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200, { message: 'an article has at most 200 tags' })
  @Length(1, 200, { each: true, message: 'each of tags is 1 to 200 characters' })
  tags?: string[] | null;

  @Field(() => JsonScalar, { nullable: true, description: 'Other front matter, as a JSON object. Default: none.' })
  @IsOptional()
  @IsObject({ message: 'params is a JSON object' })
  params?: Record<string, unknown> | null;

  @Field(() => ArticleStatus, { nullable: true, description: '`SCHEDULED` is `PUBLISHED` with `publishedAt` ahead.' })
  @IsOptional()
  @IsIn(CHOSEN_STATUSES, { message: 'status cannot be chosen to be EXPIRED: set expiresAt' })
  status?: ArticleStatus | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'From when readers see it. Default for a published article, also where it is cleared: the moment of the save.',
  })
  @IsOptional()
  @IsDate()
  publishedAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when readers no longer see it; later than `publishedAt`. null: never.',
  })
  @IsOptional()
  @IsDate()
  expiresAt?: Date | null;
}

@InputType({ description: 'A new article. `path` or `slug` must be given.' })
export class CreateArticleInput extends ArticleDetailsInput {
  @Field({ description: 'Plain text, 1 to 500 characters.' })
  @IsString()
  @Length(1, 500, { message: 'title is 1 to 500 characters' })
  @Matches(NOTHING_OR_SEEN, TITLE_RULE)
  title!: string;

  @Field({ description: 'The Markdown body. Kept as it is.' })
  @IsString()
  @MaxLength(MOST_SOURCE, { message: 'source is at most 16,777,216 characters' })
  source!: string;
}

@InputType({ description: 'Changes to an article. A field left out stays as it is; null clears it.' })
export class UpdateArticleInput extends ArticleDetailsInput {
  @Field(() => ID, { description: 'Which article.' })
  @IsUUID('all', { message: 'id is not the id of an article', context: { code: 'ARTICLE_NOT_FOUND' } })
  id!: string;

  @Field(() => Int, {
    description: 'The `revision` you read. If somebody saved since, nothing is changed: `REVISION_CONFLICT`.',
  })
  @IsInt()
  @Min(1)
  expectedRevision!: number;

  @Field(() => String, { nullable: true, description: 'Plain text, 1 to 500 characters.' })
  @IsOptional()
  @IsString()
  @Length(1, 500, { message: 'title is 1 to 500 characters' })
  @Matches(NOTHING_OR_SEEN, TITLE_RULE)
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'The Markdown body. Kept as it is.' })
  @IsOptional()
  @IsString()
  @MaxLength(MOST_SOURCE, { message: 'source is at most 16,777,216 characters' })
  source?: string | null;
}

@InputType({ description: 'Which article to delete.' })
export class DeleteArticleInput {
  @Field(() => ID, { description: 'Which article.' })
  @IsUUID('all', { message: 'id is not the id of an article', context: { code: 'ARTICLE_NOT_FOUND' } })
  id!: string;

  @Field(() => Int, { nullable: true, description: 'The `revision` you read. Default: delete whatever it is at.' })
  @IsOptional()
  @IsInt()
  expectedRevision?: number | null;
}

@InputType({ description: 'Conditions on a status. All that are given must hold.' })
export class ArticleStatusFilter {
  @Field(() => ArticleStatus, { nullable: true, description: 'Equal to.' })
  eq?: ArticleStatus | null;

  @Field(() => ArticleStatus, { nullable: true, description: 'Not equal to.' })
  ne?: ArticleStatus | null;

  @Field(() => [ArticleStatus], { nullable: true, description: 'One of.' })
  in?: ArticleStatus[] | null;

  @Field(() => [ArticleStatus], { nullable: true, description: 'None of.' })
  notIn?: ArticleStatus[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether there is none: never.' })
  isNull?: boolean | null;
}

@InputType({ description: 'Which articles. All conditions that are given must hold.' })
export class ArticleFilter {
  @Field(() => StringFilter, { nullable: true, description: 'The path.' })
  path?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'The slug.' })
  slug?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'The locale.' })
  locale?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'The title.' })
  title?: StringFilter | null;

  @Field(() => ArticleStatusFilter, { nullable: true, description: 'The status, now.' })
  status?: ArticleStatusFilter | null;

  @Field(() => StringFilter, {
    nullable: true,
    description:
      'The slug of one of its tags; `ne` and `notIn`: of none of them. Except in `contains` and `startsWith`, a slug that a tag had means that tag.',
  })
  tag?: StringFilter | null;

  @Field(() => StringFilter, {
    nullable: true,
    description: 'The key of a partner it links to; `ne` and `notIn`: of none of them.',
  })
  partnerKey?: StringFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'From when readers see it.' })
  publishedAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was last saved with a change.' })
  updatedAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When what readers see last changed.' })
  contentUpdatedAt?: DateTimeFilter | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Words in title, description or text, in the language of the article. `"two words"`: in this order; `or`; `-word`: without it. At most 500 characters. `searchArticles` ranks and highlights.',
  })
  search?: string | null;

  @Field(() => [ArticleFilter], { nullable: true, description: 'All of these hold.' })
  and?: ArticleFilter[] | null;

  @Field(() => [ArticleFilter], { nullable: true, description: 'At least one of these holds.' })
  or?: ArticleFilter[] | null;

  @Field(() => ArticleFilter, { nullable: true, description: 'This does not hold.' })
  not?: ArticleFilter | null;
}

export enum ArticleOrderField {
  PUBLISHED_AT = 'published_at',
  UPDATED_AT = 'updated_at',
  CONTENT_UPDATED_AT = 'content_updated_at',
  CREATED_AT = 'created_at',
  TITLE = 'title',
  SLUG = 'slug',
  PATH = 'path',
}
registerEnumType(ArticleOrderField, {
  name: 'ArticleOrderField',
  description: 'What articles are sorted by. Nulls stand last. Where it ties, the id decides.',
  valuesMap: {
    PUBLISHED_AT: { description: 'From when readers see it.' },
    UPDATED_AT: { description: 'When it was last saved with a change.' },
    CONTENT_UPDATED_AT: { description: 'When what readers see last changed.' },
    CREATED_AT: { description: 'When it entered Waypost.' },
    TITLE: { description: 'By the alphabet of the database.' },
    SLUG: { description: 'By the alphabet of the database.' },
    PATH: { description: 'By the alphabet of the database.' },
  },
});

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Ascending or descending. Nulls stand last in both.',
  valuesMap: {
    ASC: { description: 'The smallest, the oldest first.' },
    DESC: { description: 'The largest, the newest first.' },
  },
});

@InputType({ description: 'One sort key.' })
export class ArticleOrder {
  @Field(() => ArticleOrderField, { description: 'What to sort by.' })
  field!: ArticleOrderField;

  @Field(() => OrderDirection, { description: 'Which way.', defaultValue: OrderDirection.ASC })
  direction!: OrderDirection;
}
