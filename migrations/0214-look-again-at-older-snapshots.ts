import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who changes a partner or tag with an older snapshot (REPEATABLE READ and above) does not see the articles that were saved
 * since. So they are looked at again in a new one, as those are whose saver could not see the partner.
 */
export class LookAgainAtOlderSnapshots1764000000214 implements MigrationInterface {
  readonly name = 'LookAgainAtOlderSnapshots1764000000214';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      holdShown(`
     IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
       INSERT INTO waypost.due_moments (kind, key, at)
       SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER' ELSE 'SHOWN_TAG' END, key || ' ' || pg_current_xact_id(), as_of
         FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id()
       ON CONFLICT DO NOTHING;
     END IF;`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(holdShown(''));
  }
}

const holdShown = (more: string): string => `
   CREATE OR REPLACE FUNCTION waypost.hold_shown(ids uuid[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO waypost.due_moments (kind, key, at)
     SELECT kind, key || ' ' || pg_current_xact_id(), as_of FROM (
       SELECT DISTINCT 'PARTNER' AS kind, partner_key AS key, 814720317 AS lock FROM waypost.placements
        WHERE article_id = ANY (ids) AND retired_at IS NULL
       UNION ALL
       SELECT DISTINCT 'SHOWN_TAG', tag_id::text, 814720318 FROM waypost.article_tags WHERE article_id = ANY (ids)) AS shown
      WHERE NOT pg_try_advisory_xact_lock_shared(lock, hashtext(key))
         -- An older snapshot does not show what others committed meanwhile.
         OR current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
     ON CONFLICT DO NOTHING;${more}
   END $$`;
