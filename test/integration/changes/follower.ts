import type { FeedChange } from '../../../src/articles/change-sets.service.js';
import { PUBLIC_SQL } from '../../../src/articles/article-query.js';
import type { FeedAudience } from '../../../src/changes/sync-token.js';
import { WaypostError } from '../../../src/kernel/errors.js';
import { ON_PUBLIC_ARTICLE } from '../../../src/tags/tags.service.js';
import type { FeedNode } from './feed-node.js';

export type Mirror = ReadonlyMap<string, unknown>;

const DEADLOCK = '40P01';

/** What a follower keeps of an article or tag. `shown` stands for the HTML: links and disclosures of partners are in it. */
const ARTICLE_COPY = `jsonb_build_object('title', article.title, 'path', article.path, 'status', article.status,
  'revision', article.revision, 'publishedAt', article.published_at, 'expiresAt', article.expires_at,
  'contentUpdatedAt', article.content_updated_at, 'cause', article.content_change_cause_kind,
  'shown', (SELECT encode(hash, 'hex') FROM waypost.hash_shown(ARRAY[article.id], clock_timestamp())),
  'tags', coalesce((SELECT jsonb_agg(tag.name ORDER BY tag.id) FROM waypost.article_tags link
                      JOIN waypost.tags tag ON tag.id = link.tag_id WHERE link.article_id = article.id), '[]'))`;
const TAG_COPY = `jsonb_build_object('slug', tag.slug, 'name', tag.name, 'description', tag.description)`;

/** Everything that callers of the audience see now, in one statement. */
export async function readTable(node: FeedNode, audience: FeedAudience): Promise<Mirror> {
  const isPublic = audience === 'public';
  const rows = await node.dataSource.query<{ key: string; copy: unknown }[]>(
    `SELECT 'ARTICLE ' || article.id AS key, ${ARTICLE_COPY} AS copy FROM waypost.articles article
      WHERE ${isPublic ? PUBLIC_SQL : 'true'}
     UNION ALL
     SELECT 'TAG ' || tag.id, ${TAG_COPY} FROM waypost.tags tag WHERE ${isPublic ? ON_PUBLIC_ARTICLE : 'true'}`,
  );
  return new Map(rows.map(({ key, copy }) => [key, copy]));
}

/** Keeps a copy as a client of the API does: token, list, changes. */
export class Follower {
  readonly mirror = new Map<string, unknown>();
  resyncs = 0;
  private token = '';

  private constructor(
    private readonly node: FeedNode,
    readonly audience: FeedAudience,
  ) {}

  static async start(node: FeedNode, audience: FeedAudience): Promise<Follower> {
    const follower = new Follower(node, audience);
    while (await follower.try(() => follower.startAnew()));
    return follower;
  }

  /** Reads one page. @returns whether more follows. */
  readPage(size: number): Promise<boolean> {
    return this.try(async () => {
      const page = await this.node.changeSets.readChanges(this.token, this.audience, size);
      await this.apply(page.nodes);
      this.token = page.syncToken;
      return page.hasMore;
    });
  }

  private async try(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WaypostError && error.code === 'RESYNC_REQUIRED') {
        this.resyncs += 1;
        return this.try(() => this.startAnew());
      }
      // A TRUNCATE locks one table after the other, and so ends readers of two of them. They ask again.
      if ((error as { code?: string }).code === DEADLOCK) return true;
      throw error;
    }
  }

  private async startAnew(): Promise<boolean> {
    const token = await this.node.changeSets.takeToken();
    const table = await readTable(this.node, this.audience);
    this.token = token;
    this.mirror.clear();
    for (const [key, copy] of table) this.mirror.set(key, copy);
    return false;
  }

  private async apply(changes: readonly FeedChange[]): Promise<void> {
    for (const { kind, id, operation, article, tag } of changes) {
      const key = `${kind} ${id}`;
      if (operation === 'DELETE') this.mirror.delete(key);
      else this.mirror.set(key, kind === 'ARTICLE' ? await this.copyArticle(article?.id ?? '') : copyOf(tag));
    }
  }

  /** Read after the change was: a client asks for more of an article than stands in the feed. */
  private async copyArticle(id: string): Promise<unknown> {
    const [row] = await this.node.dataSource.query<{ copy: unknown }[]>(
      `SELECT ${ARTICLE_COPY} AS copy FROM waypost.articles article WHERE id = $1`,
      [id],
    );
    return row?.copy;
  }
}

function copyOf(tag: FeedChange['tag']): unknown {
  if (!tag) throw new Error('An UPSERT of a tag carries the tag.');
  return { slug: tag.slug, name: tag.name, description: tag.description };
}
