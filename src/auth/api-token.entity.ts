import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity({ name: 'api_tokens' })
export class ApiTokenEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  prefix!: string;

  @Column({ type: 'bytea', unique: true, select: false })
  hash!: Buffer;

  @Column({ type: 'text', array: true })
  scopes!: string[];

  /** false: what is written with it is sanitised before readers see it. */
  @Column({ name: 'is_trusted', type: 'boolean', default: true })
  isTrusted!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;

  /** Of the secret before the last rotation. */
  @Column({ name: 'previous_hash', type: 'bytea', nullable: true, unique: true, select: false })
  previousHash!: Buffer | null;

  /** Until when the previous secret goes on. */
  @Column({ name: 'previous_ends_at', type: 'timestamptz', precision: 3, nullable: true })
  previousEndsAt!: Date | null;

  @Column({ name: 'rotated_at', type: 'timestamptz', precision: 3, nullable: true })
  rotatedAt!: Date | null;
}
