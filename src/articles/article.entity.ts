import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { StoredDiagnostic } from './diagnostic.js';

@Entity({ name: 'articles' })
export class ArticleEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text' })
  path!: string;

  @Column({ type: 'text', default: 'en' })
  locale!: string;

  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text' })
  title!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ name: 'canonical_url', type: 'text', nullable: true })
  canonicalUrl!: string | null;

  /** The file as it came, byte for byte; null where the article was not made from one. */
  @Column({ type: 'bytea', nullable: true })
  file!: Buffer | null;

  /** SHA-256 of `file`: a re-import of the same bytes is known by it. */
  @Column({ name: 'file_hash', type: 'bytea', nullable: true })
  fileHash!: Buffer | null;

  /** The Markdown body as written. */
  @Column({ type: 'text' })
  source!: string;

  /** Line of the file on which the body starts, from 1: diagnostics and placements name lines of the file. */
  @Column({ name: 'source_line', type: 'integer', default: 1 })
  sourceLine!: number;

  /** What `compileBody` made of the source. */
  @Column({ type: 'jsonb' })
  compiled!: unknown;

  /** false: nobody vouches for the author, and the HTML is sanitised. */
  @Column({ name: 'is_trusted', type: 'boolean', default: true })
  isTrusted!: boolean;

  /** Every front matter key that has no column of its own. */
  @Column({ type: 'jsonb', default: {} })
  params!: Record<string, unknown>;

  @Column({ type: 'jsonb', default: [] })
  diagnostics!: StoredDiagnostic[];

  /** What the editor chose. Whether it is scheduled or expired follows from the dates, at the moment of asking. */
  @Column({ type: 'text', default: 'draft' })
  status!: 'draft' | 'published' | 'archived';

  @Column({ type: 'integer', default: 1 })
  revision!: number;

  /** SHA-256 of the HTML with placeholders for what comes from elsewhere; see `content-hash.ts`. */
  @Column({ name: 'content_hash', type: 'bytea' })
  contentHash!: Buffer;

  /** Name of the actor who made this revision; null: it was written in the database itself. */
  @Column({ name: 'revised_by', type: 'text', nullable: true })
  revisedBy!: string | null;

  @Column({ name: 'content_change_cause_kind', type: 'text', default: 'ARTICLE' })
  contentChangeCauseKind!: string;

  @Column({ name: 'content_change_cause_key', type: 'text', nullable: true })
  contentChangeCauseKey!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;

  @Column({ name: 'content_updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  contentUpdatedAt!: Date;

  @Column({ name: 'published_at', type: 'timestamptz', precision: 3, nullable: true })
  publishedAt!: Date | null;

  @Column({ name: 'first_published_at', type: 'timestamptz', precision: 3, nullable: true })
  firstPublishedAt!: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;
}

@Entity({ name: 'article_tags' })
export class ArticleTagEntity {
  @PrimaryColumn({ name: 'article_id', type: 'uuid' })
  articleId!: string;

  @PrimaryColumn({ name: 'tag_id', type: 'uuid' })
  tagId!: string;

  @Column({ type: 'integer' })
  position!: number;
}
