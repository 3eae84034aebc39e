import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { noteReady } from '../graphql/ready-values.service.js';
import type { TagEntity } from '../tags/tag.entity.js';
import type { ArticleSummary } from './article-summary.service.js';
import { SUMMARY_COLUMNS } from './article-summary.service.js';
import type { ArticleBody, ArticleLoaders, LivingPlacement } from './article-loaders.loader.js';

/** What a statement that finds articles can read along with them, so that nothing else has to be asked for. */
export interface Companions {
  /** Columns that the fields are made of. */
  readonly select: readonly (keyof ArticleSummary)[];
  /** Whether places in the list are asked for, which are made of the columns that it is ordered by. */
  readonly readsCursors: boolean;
  /** Expressions by the name that their value has, where the article is `article`. */
  readonly sql: Readonly<Record<string, string>>;
  /** Takes the values of one article. */
  readonly take: (article: ArticleSummary, values: Readonly<Record<string, unknown>>) => void;
}

/** Expressions that `ArticleLoaders` ask for too, for many articles. */
export const BODY_SOURCE_SQL = `CASE WHEN (compiled -> 'body' ->> 'hasFrozenCalls')::boolean THEN source END`;

const BODY = ['html', 'markdown', 'excerpt', 'wordCount', 'readingTimeMinutes', 'tableOfContents', 'jsonLd'];
const PLACEMENTS = [...BODY, 'placements', 'diagnostics', 'disclosure'];
const TAGS = ['tags', 'jsonLd'];

const PLAIN = [
  'id',
  'path',
  'locale',
  'slug',
  'title',
  'description',
  'createdAt',
  'updatedAt',
  'contentUpdatedAt',
  'publishedAt',
  'firstPublishedAt',
  'revision',
] as const;

/** Columns of the fields that are asked for most, beside the id. With any other field all columns are read. */
const COLUMNS: Readonly<Record<string, readonly (keyof ArticleSummary)[]>> = {
  ...Object.fromEntries(PLAIN.map((name) => [name, [name]])),
  __typename: [],
  tags: [],
  html: ['path', 'sourceLine', 'isTrusted', 'contentUpdatedAt'],
};

function columnsOf(fields: ReadonlySet<string>): readonly (keyof ArticleSummary)[] {
  const lists = [...fields].map((name) => COLUMNS[name]);
  if (lists.includes(undefined)) return SUMMARY_COLUMNS;
  return [...new Set<keyof ArticleSummary>(['id', ...lists.flatMap((list) => list ?? [])])];
}

/** Fields of `Tag` that are columns, beside its id. */
const TAG_COLUMNS = {
  slug: 'tag.slug',
  name: 'tag.name',
  description: 'tag.description',
  createdAt: 'tag.created_at',
  updatedAt: 'tag.updated_at',
} as const;

/** With what is asked of tags anywhere: all that ask for those of an article share what was read first. */
function tagsSql(asked: ReadonlySet<string>): string {
  const names = Object.entries(TAG_COLUMNS).filter(([name]) => asked.has(`Tag.${name}`) || asked.has('Article.jsonLd'));
  const pairs = [['id', 'tag.id'], ...names].map(([name, sql]) => `'${name}', ${sql}`).join(', ');
  return `(SELECT json_agg(json_build_object(${pairs}) ORDER BY link.position)
    FROM waypost.article_tags link JOIN waypost.tags tag ON tag.id = link.tag_id WHERE link.article_id = article.id)`;
}

const PLACEMENTS_SQL = `(SELECT json_agg(json_build_object('id', placement.id, 'partnerKey', placement.partner_key,
    'label', placement.label, 'text', placement.text, 'line', placement.line, 'column', placement."column")
    ORDER BY placement.position)
  FROM waypost.placements placement WHERE placement.article_id = article.id AND placement.retired_at IS NULL)`;

/**
 * `fields`: those of `Article` that are asked for here; `asked`: those of the field that is resolved; `everywhere`: `Type.field`
 * of the whole operation.
 */
export function companionsFor(
  fields: ReadonlySet<string>,
  asked: ReadonlySet<string>,
  everywhere: ReadonlySet<string>,
  { body, tags, placements }: ArticleLoaders,
  request: object,
): Companions {
  const asks = (names: readonly string[]): boolean => names.some((name) => fields.has(name));
  const sql = {
    ...(asks(BODY) && { compiled: 'article.compiled', body_source: BODY_SOURCE_SQL }),
    ...(asks(TAGS) && { tags: tagsSql(everywhere) }),
    ...(asks(PLACEMENTS) && { placements: PLACEMENTS_SQL }),
  };
  return {
    select: columnsOf(fields),
    readsCursors: asked.has('edges') || asked.has('pageInfo'),
    sql,
    take: (article, values) => {
      const { id } = article;
      if ('compiled' in sql) {
        body.prime(id, { compiled: values['compiled'], source: values['body_source'] } as ArticleBody);
      }
      if ('tags' in sql) {
        const found = tagsOf(values['tags'] as readonly JsonTag[] | null);
        tags.prime(id, found);
        noteReady(article, 'tags', found);
        noteRead(
          request,
          found.map((tag) => answerTags.tag(tag.id)),
        );
      }
      if ('placements' in sql) placements.prime(id, (values['placements'] ?? []) as LivingPlacement[]);
    },
  };
}

/** As Postgres writes a row as JSON: moments are text. What nobody asks for is not there. */
type JsonTag = Pick<TagEntity, 'id'> & { readonly createdAt?: string; readonly updatedAt?: string };

function tagsOf(tags: readonly JsonTag[] | null): TagEntity[] {
  return (tags ?? []).map((tag) => {
    const { createdAt, updatedAt } = tag;
    return {
      ...tag,
      ...(createdAt !== undefined && { createdAt: new Date(createdAt) }),
      ...(updatedAt !== undefined && { updatedAt: new Date(updatedAt) }),
    } as TagEntity;
  });
}
