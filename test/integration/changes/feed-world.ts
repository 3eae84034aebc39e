import pg from 'pg';
import type { FeedChange } from '../../../src/articles/change-sets.service.js';
import type { FeedAudience } from '../../../src/changes/sync-token.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { FeedNode } from './feed-node.js';
import { startFeedNode } from './feed-node.js';

interface NewArticle {
  readonly status?: 'draft' | 'published';
  /** SQL. */
  readonly publishedAt?: string;
  readonly expiresAt?: string;
  readonly canonicalUrl?: string;
}

/** A database, one reader of its feed, and somebody at a prompt. */
export class FeedWorld {
  /** Where the test began. */
  token = '';
  private lastNumber = 0;

  private constructor(
    readonly database: TestDatabase,
    /** It settles nothing by itself, so that a test sees what a reader alone brings about. */
    public node: FeedNode,
    public client: pg.Client,
  ) {}

  static async open(): Promise<FeedWorld> {
    const database = await createTestDatabase();
    return new FeedWorld(database, await startFeedNode(database.url, false), await connect(database));
  }

  async close(): Promise<void> {
    await this.leave();
    await this.database.drop();
  }

  /** Without any connection, a database can be copied. */
  async leave(): Promise<void> {
    await this.client.end();
    await this.node.stop();
  }

  async enter(): Promise<void> {
    this.client = await connect(this.database);
    this.node = await startFeedNode(this.database.url, false);
  }

  async since(): Promise<void> {
    this.token = await this.node.changeSets.takeToken();
  }

  /** Everything since the test began, in short. */
  async changes(audience: FeedAudience = 'all'): Promise<string[]> {
    const { nodes, hasMore } = await this.node.changeSets.readChanges(this.token, audience, 1000);
    if (hasMore) throw new Error('There are more than 1,000 changes.');
    return nodes.map(({ operation, kind, path, slug }) => `${operation} ${kind} ${path ?? slug}`);
  }

  async change(audience: FeedAudience): Promise<FeedChange> {
    const { nodes } = await this.node.changeSets.readChanges(this.token, audience, 1000);
    const [one, ...others] = nodes;
    if (!one || others.length > 0) throw new Error(`There are ${nodes.length} changes, not one.`);
    return one;
  }

  /** @returns the path. */
  async insertArticle({ status = 'published', publishedAt, expiresAt, canonicalUrl }: NewArticle = {}) {
    const slug = `article-${(this.lastNumber += 1)}`;
    const dates = [publishedAt ?? `now() - interval '1 hour'`, expiresAt ?? 'NULL'].join(', ');
    await this.client.query(
      `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash, status, canonical_url,
                                     published_at, expires_at)
       VALUES ($1, $2, 'Title', '', '{}', '', $3, $4, ${dates})`,
      [`/${slug}`, slug, status, canonicalUrl ?? null],
    );
    return `/${slug}`;
  }

  /** @returns the slug. */
  async insertTag(...paths: string[]): Promise<string> {
    const slug = `tag-${(this.lastNumber += 1)}`;
    await this.client.query(`INSERT INTO waypost.tags (slug, name) VALUES ($1, $1)`, [slug]);
    for (const path of paths) await this.tagArticle(path, slug);
    return slug;
  }

  async tagArticle(path: string, slug: string): Promise<void> {
    await this.client.query(
      `INSERT INTO waypost.article_tags (article_id, tag_id, position)
       SELECT article.id, tag.id, 0 FROM waypost.articles article, waypost.tags tag
        WHERE article.path = $1 AND tag.slug = $2`,
      [path, slug],
    );
  }
}

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return client;
}
