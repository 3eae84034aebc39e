import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where an article stood before. Written by the database at every commit, whoever moves the article. */
@Entity({ name: 'former_addresses' })
export class FormerAddressEntity {
  @PrimaryColumn({ name: 'article_id', type: 'uuid' })
  articleId!: string;

  @PrimaryColumn({ type: 'text' })
  path!: string;

  @PrimaryColumn({ type: 'text' })
  locale!: string;

  @PrimaryColumn({ type: 'text' })
  slug!: string;

  @Column({
    name: 'was_public',
    type: 'boolean',
    comment: 'Readers found it there: a draft that moves tells nothing.',
  })
  wasPublic!: boolean;

  @Column({ name: 'left_at', type: 'timestamptz', precision: 3 })
  leftAt!: Date;
}
