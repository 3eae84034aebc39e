import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { JsonScalar } from '../graphql/json.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';
import { AffiliatePartnerStatus } from '../partners/affiliate-partner.type.js';
import type { PlacementFacts } from './article-view.js';

export enum ArticleStatus {
  DRAFT = 'draft',
  SCHEDULED = 'scheduled',
  PUBLISHED = 'published',
  EXPIRED = 'expired',
  ARCHIVED = 'archived',
}
registerEnumType(ArticleStatus, {
  name: 'ArticleStatus',
  description: 'Whether readers see an article, at the moment of asking.',
  valuesMap: {
    DRAFT: { description: 'They do not: it is being written.' },
    SCHEDULED: { description: 'Not yet: `publishedAt` lies ahead.' },
    PUBLISHED: { description: 'They do.' },
    EXPIRED: { description: 'No longer: `expiresAt` has passed.' },
    ARCHIVED: { description: 'No longer: somebody took it down.' },
  },
});

export enum ContentChangeKind {
  ARTICLE = 'ARTICLE',
  TAG = 'TAG',
  PARTNER = 'PARTNER',
  SCHEDULE = 'SCHEDULE',
  SETTINGS = 'SETTINGS',
}
registerEnumType(ContentChangeKind, {
  name: 'ContentChangeKind',
  description: 'What changed what readers see of an article.',
  valuesMap: {
    ARTICLE: { description: 'The article was saved.' },
    TAG: { description: 'One of its tags changed; `key` is its slug.' },
    PARTNER: { description: 'One of its partners changed; `key` is its key.' },
    SCHEDULE: { description: 'A moment came: of publication, of expiry, or of a partner.' },
    SETTINGS: { description: 'The installation was set up otherwise.' },
  },
});

export enum DiagnosticSeverity {
  ERROR = 'error',
  WARNING = 'warning',
  INFO = 'info',
}
registerEnumType(DiagnosticSeverity, {
  name: 'DiagnosticSeverity',
  description: 'How bad it is.',
  valuesMap: {
    ERROR: { description: 'Readers miss something.' },
    WARNING: { description: 'Probably not what was meant.' },
    INFO: { description: 'Good to know.' },
  },
});

@ObjectType({ description: 'Something found in a source.' })
export class Diagnostic {
  @Field(() => DiagnosticSeverity, { description: 'How bad it is.' })
  severity!: DiagnosticSeverity | 'error' | 'warning' | 'info';

  @Field({ description: 'Stable and meant for programs, such as `PARTNER_KEY_UNKNOWN`.' })
  code!: string;

  @Field({ description: 'For a person: what was found and what to write instead.' })
  message!: string;

  @Field(() => Int, { description: 'Line of the file, from 1.' })
  line!: number;

  @Field(() => Int, { description: 'Column in UTF-16 units, from 1.' })
  column!: number;
}

@ObjectType({ description: 'Why `contentUpdatedAt` moved.' })
export class ContentChangeCause {
  @Field(() => ContentChangeKind, { description: 'What changed.' })
  kind!: ContentChangeKind;

  @Field(() => String, { nullable: true, description: 'Which one: a partner key or a tag slug; null for other kinds.' })
  key!: string | null;
}

@ObjectType({ description: 'One occurrence of a partner in an article.' })
export class Placement {
  @Field(() => ID, { description: 'Stable: link, click, sub id and conversion share it. 12 hexadecimal digits.' })
  id!: string;

  @Field({ description: 'Key of the partner.' })
  partnerKey!: string;

  @Field({ description: 'Link text as readers see it.' })
  text!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The tracked link; null where readers get the text without a link.',
  })
  href!: string | null;

  @Field(() => Int, { description: 'Line of the file, from 1.' })
  line!: number;

  @Field(() => Int, { description: 'Column in UTF-16 units, from 1.' })
  column!: number;

  @Field(() => String, {
    nullable: true,
    description: 'The explicit name its call gives; null: none. Needs `affiliates:read`.',
  })
  label!: string | null;

  @Field(() => AffiliatePartnerStatus, {
    nullable: true,
    description: 'Whether its partner can be linked now; null: no partner has the key. Needs `affiliates:read`.',
  })
  status!: AffiliatePartnerStatus | PlacementFacts['status'];
}

@ObjectType({ implements: () => [Node], description: 'A Markdown document with what its front matter says.' })
export class Article extends Node {
  @Field({ description: 'Where it stands on the site, such as `/posts/my-post`. Unique per locale.' })
  path!: string;

  @Field({ description: 'Last part of its address.' })
  slug!: string;

  @Field({ description: 'Language, such as `en`.' })
  locale!: string;

  @Field({ description: 'Plain text.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'Plain text, for lists and search engines; null: none.' })
  description!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The address that counts as the original, as written; null: its own.',
  })
  canonicalUrl!: string | null;

  @Field(() => JsonScalar, { description: 'Every other front matter key. Keys are lower-case, as Hugo makes them.' })
  params!: unknown;

  @Field(() => ArticleStatus, { description: 'Whether readers see it now.' })
  status!: ArticleStatus | 'draft' | 'published' | 'archived';

  @Field(() => Int, { description: 'Counts the saves, from 1. Updates must state it.' })
  revision!: number;

  @Field(() => DateTimeScalar, { description: 'When it entered Waypost. Never moves.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last saved with a change.' })
  updatedAt!: Date;

  @Field(() => DateTimeScalar, {
    description: 'When what readers see last changed. For an imported article at first what its file declares.',
  })
  contentUpdatedAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when readers see it; null for a draft without a date.',
  })
  publishedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When readers could first see it; null: not yet. Set once.',
  })
  firstPublishedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when readers no longer see it; null: never.' })
  expiresAt!: Date | null;
}

@ObjectType({ description: 'An article, or why there is none.' })
export class ArticlePayload {
  @Field(() => Article, {
    nullable: true,
    description: 'The article as saved. Null when it was refused, but for `REVISION_CONFLICT`: then as it is now.',
  })
  article?: Article | null;

  @Field(() => [UserError], { description: 'Empty when it was saved.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'What a source would look like as an article. Nothing is saved.' })
export class MarkdownPreview {
  @Field({ description: 'Its links end in `?preview=1`, which is never counted.' })
  html!: string;

  @Field(() => [Placement], { description: 'Occurrences of partners, with the ids they would get.' })
  placements!: Placement[];

  @Field(() => [Diagnostic], { description: 'What was found, in the order of the source.' })
  diagnostics!: Diagnostic[];
}

export const ArticleConnection = connectionOf(Article, 'Article');
