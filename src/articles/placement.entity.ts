import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'placements' })
export class PlacementEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'article_id', type: 'uuid' })
  articleId!: string;

  @Column({ name: 'partner_key', type: 'text' })
  partnerKey!: string;

  /** The explicit name that the call gives, if it gives one. */
  @Column({ type: 'text', nullable: true })
  label!: string | null;

  /** Which occurrence of its partner in the article it is, from 1. */
  @Column({ type: 'integer' })
  ordinal!: number;

  /** Which call of the article it is, from 0, in the order of the source. */
  @Column({ type: 'integer' })
  position!: number;

  /** Link text as the call gives it; empty where it gives none. */
  @Column({ type: 'text' })
  text!: string;

  /** Of the file, from 1. */
  @Column({ type: 'integer' })
  line!: number;

  /** In UTF-16 units, from 1. */
  @Column({ type: 'integer' })
  column!: number;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** When its call was taken out of the article, or the article deleted. Its link goes on working. */
  @Column({ name: 'retired_at', type: 'timestamptz', precision: 3, nullable: true })
  retiredAt!: Date | null;
}
