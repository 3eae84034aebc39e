import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { FeedTemplate } from './feed-template.js';

@Entity({ name: 'feeds' })
export class FeedEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'jsonb' })
  template!: FeedTemplate;

  /** How often a server reads it by itself; 0: never. */
  @Column({ name: 'every_minutes', type: 'integer' })
  everyMinutes!: number;

  /** Of the answer that was last taken whole; sent back, so that the same is not sent again. */
  @Column({ type: 'text', nullable: true })
  etag!: string | null;

  @Column({ name: 'last_modified', type: 'text', nullable: true })
  lastModified!: string | null;

  /** In a row. */
  @Column({ type: 'integer', default: 0 })
  failures!: number;

  @Column({ name: 'error_code', type: 'text', nullable: true })
  errorCode!: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage!: string | null;

  @Column({ name: 'last_run_at', type: 'timestamptz', precision: 3, nullable: true })
  lastRunAt!: Date | null;

  @Column({ name: 'last_success_at', type: 'timestamptz', precision: 3, nullable: true })
  lastSuccessAt!: Date | null;

  @Column({ name: 'next_run_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  nextRunAt!: Date;

  /** Until then a process reads it, or has died reading it. */
  @Column({ name: 'leased_until', type: 'timestamptz', precision: 3, nullable: true })
  leasedUntil!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}

/** An item that became an article once. */
@Entity({ name: 'feed_items' })
export class FeedItemEntity {
  @PrimaryColumn({ name: 'feed_id', type: 'uuid' })
  feedId!: string;

  @PrimaryColumn({ type: 'text' })
  guid!: string;

  @Column({ name: 'article_id', type: 'uuid', nullable: true })
  articleId!: string | null;

  /** Of the article, as the feed left it: with another one an editor has taken it over. */
  @Column({ type: 'integer' })
  revision!: number;

  /** SHA-256 of the file that was made of the item. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  /** For the first time: the date of an item that names none. */
  @Column({ name: 'taken_at', type: 'timestamptz', precision: 3 })
  takenAt!: Date;
}
