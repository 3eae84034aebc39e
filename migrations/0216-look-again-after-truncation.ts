import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A TRUNCATE in an older snapshot takes away what it does not see: tags, links and partners that others put on articles
 * meanwhile. Nobody can say which articles these were, so all are looked at once in a new snapshot, and those that
 * readers see otherwise now move as if they had been noted.
 */
export class LookAgainAfterTruncation1764000000216 implements MigrationInterface {
  readonly name = 'LookAgainAfterTruncation1764000000216';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`);
    await runner.query(
      `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known CHECK (kind IN
         ('ARTICLE', 'TAG', 'PARTNER', 'SHOWN_TAG', 'UNSURE_ARTICLE', 'UNSURE_PARTNER', 'CONTENTS'))`,
    );
    await runner.query(`
      CREATE FUNCTION waypost.look_again() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
          INSERT INTO waypost.due_moments (kind, key, at)
          VALUES ('CONTENTS', pg_current_xact_id()::text, clock_timestamp()) ON CONFLICT DO NOTHING;
          PERFORM pg_notify('waypost_changes', '');
        END IF;
        RETURN NULL;
      END $$`);
    for (const table of TABLES) {
      await runner.query(
        `CREATE TRIGGER look_again BEFORE TRUNCATE ON waypost.${table}
         FOR EACH STATEMENT EXECUTE FUNCTION waypost.look_again()`,
      );
    }
    await runner.query(`ALTER FUNCTION waypost.note_due_causes() RENAME TO note_due_partners_and_tags`);
    await runner.query(`
      CREATE FUNCTION waypost.note_due_causes() RETURNS void
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off AS $$
      BEGIN
        PERFORM waypost.note_due_partners_and_tags();
        DELETE FROM waypost.due_moments WHERE kind = 'CONTENTS' AND at <= clock_timestamp();
        IF NOT FOUND THEN RETURN; END IF;
        INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id, is_tagged_anew)
        SELECT pg_current_xact_id(), 'ARTICLE', shown.article_id, true
          FROM waypost.hash_shown(ARRAY(SELECT id FROM waypost.articles), clock_timestamp()) AS shown
          LEFT JOIN waypost.shown_contents told ON told.article_id = shown.article_id
         WHERE told.hash IS DISTINCT FROM shown.hash
        ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET is_tagged_anew = true, moment = NULL;
        IF FOUND THEN
          INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
        END IF;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION waypost.note_due_causes()`);
    await runner.query(`ALTER FUNCTION waypost.note_due_partners_and_tags() RENAME TO note_due_causes`);
    for (const table of TABLES) await runner.query(`DROP TRIGGER look_again ON waypost.${table}`);
    await runner.query(`DROP FUNCTION waypost.look_again()`);
    await runner.query(`DELETE FROM waypost.due_moments WHERE kind = 'CONTENTS'`);
    await runner.query(`ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`);
    await runner.query(
      `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known CHECK (kind IN
         ('ARTICLE', 'TAG', 'PARTNER', 'SHOWN_TAG', 'UNSURE_ARTICLE', 'UNSURE_PARTNER'))`,
    );
  }
}

/** What articles show. */
const TABLES = ['tags', 'article_tags', 'placements', 'partners'] as const;
