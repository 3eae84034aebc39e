import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A conditional destination of a partner. Which one a reader gets is decided in `redirects`. */
@Entity({ name: 'partner_targets' })
export class PartnerTargetEntity {
  @PrimaryColumn({ name: 'partner_key', type: 'text' })
  partnerKey!: string;

  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'integer', default: 0 })
  rank!: number;

  @Column({ type: 'integer', default: 1 })
  weight!: number;

  @Column({ name: 'destination_url', type: 'text' })
  destinationUrl!: string;

  @Column({ type: 'text' })
  network!: string;

  /** null: what the network says. Empty: no sub id is sent. */
  @Column({ name: 'sub_id_template', type: 'text', nullable: true })
  subIdTemplate!: string | null;

  /** null, here and below: any. */
  @Column({ type: 'text', array: true, nullable: true })
  countries!: string[] | null;

  @Column({ type: 'text', array: true, nullable: true })
  devices!: string[] | null;

  @Column({ type: 'text', array: true, nullable: true })
  languages!: string[] | null;

  @Column({ name: 'starts_at', type: 'timestamptz', precision: 3, nullable: true })
  startsAt!: Date | null;

  @Column({ name: 'ends_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;
}
