import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An article as it became under one revision. Kept by the database at every commit, whoever writes. */
@Entity({ name: 'article_revisions' })
export class ArticleRevisionEntity {
  @PrimaryColumn({ name: 'article_id', type: 'uuid' })
  articleId!: string;

  @PrimaryColumn({ type: 'integer' })
  revision!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  /** Name of the actor; null: it was written in the database itself. */
  @Column({ type: 'text', nullable: true })
  author!: string | null;

  @Column({ type: 'text' })
  path!: string;

  @Column({ type: 'text' })
  locale!: string;

  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text' })
  title!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ name: 'canonical_url', type: 'text', nullable: true })
  canonicalUrl!: string | null;

  @Column({ type: 'bytea', nullable: true })
  file!: Buffer | null;

  @Column({ type: 'text' })
  source!: string;

  @Column({ name: 'source_line', type: 'integer' })
  sourceLine!: number;

  @Column({ name: 'is_trusted', type: 'boolean' })
  isTrusted!: boolean;

  @Column({ type: 'jsonb' })
  params!: Record<string, unknown>;

  /** Names, in order. */
  @Column({ type: 'text', array: true })
  tags!: string[];

  @Column({ type: 'text' })
  status!: 'draft' | 'published' | 'archived';

  @Column({ name: 'published_at', type: 'timestamptz', precision: 3, nullable: true })
  publishedAt!: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;
}
