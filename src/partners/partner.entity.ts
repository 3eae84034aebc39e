import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity({ name: 'partners' })
export class PartnerEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text', unique: true })
  key!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ name: 'destination_url', type: 'text' })
  destinationUrl!: string;

  @Column({ type: 'text' })
  network!: string;

  /** null: what the network says. Empty: no sub id is sent. */
  @Column({ name: 'sub_id_template', type: 'text', nullable: true })
  subIdTemplate!: string | null;

  /** Query parameters of a request that may be passed on. They can never touch the owner's. */
  @Column({ type: 'text', array: true, default: '{}' })
  passthrough!: string[];

  @Column({ name: 'default_text', type: 'text', nullable: true })
  defaultText!: string | null;

  @Column({ type: 'text', nullable: true })
  disclosure!: string | null;

  @Column({ type: 'text', default: 'active' })
  status!: 'active' | 'paused';

  @Column({ name: 'fallback_url', type: 'text', nullable: true })
  fallbackUrl!: string | null;

  @Column({ name: 'starts_at', type: 'timestamptz', precision: 3, nullable: true })
  startsAt!: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'integer', default: 1 })
  revision!: number;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

/** What people write of a partner beside its key, its status and its targets: inputs, imports and exports have exactly these. */
export const PARTNER_DETAILS = [
  'name',
  'destinationUrl',
  'network',
  'subIdTemplate',
  'passthrough',
  'defaultText',
  'disclosure',
  'fallbackUrl',
  'startsAt',
  'expiresAt',
] as const satisfies readonly (keyof PartnerEntity)[];
