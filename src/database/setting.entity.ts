import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Facts about this installation that the database itself must remember. */
@Entity({ name: 'settings' })
export class SettingEntity {
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'jsonb' })
  value!: unknown;
}
