import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CreateChangeLog1764000000200 } from './0200-create-change-log.js';
import { KeepEffectsAndRevisions1764000000210 } from './0210-keep-effects-and-revisions.js';
import { TellOfTagSlugs1764000000217 } from './0217-tell-of-tag-slugs.js';
import { restoreFunctions } from './former-functions.js';

/**
 * What a TRUNCATE takes away can only be noted before it. The marker that has the notes worked off stood beside them: in a
 * transaction whose constraints are immediate (`SET CONSTRAINTS ALL IMMEDIATE`) that happened at once, before the rows were
 * gone. So articles were told of as they had been, and nothing of what they no longer showed, or that they were no more.
 *
 * Now the notes are made before, and the marker after it.
 */
export class MarkAfterTruncation1764000000221 implements MigrationInterface {
  readonly name = 'MarkAfterTruncation1764000000221';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [NOTE_TRUNCATION, CAUSE_PARTNERS_TRUNCATED, NOTE_ALIASED_TAGS, MARK_TRUNCATION]) {
      await runner.query(statement);
    }
    for (const table of TABLES) {
      await runner.query(
        `CREATE TRIGGER mark_truncation AFTER TRUNCATE ON waypost.${table}
         FOR EACH STATEMENT EXECUTE FUNCTION waypost.mark_truncation()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TRIGGER mark_truncation ON waypost.${table}`);
    await runner.query(`DROP FUNCTION waypost.mark_truncation()`);
    await restoreFunctions(
      runner,
      ['note_truncation(', 'cause_partners_truncated(', 'note_aliased_tags('],
      [
        new CreateChangeLog1764000000200(),
        new KeepEffectsAndRevisions1764000000210(),
        new TellOfTagSlugs1764000000217(),
      ],
    );
  }
}

/** Those with notes about their TRUNCATE. */
const TABLES = ['articles', 'article_tags', 'placements', 'tags', 'tag_aliases', 'partners'] as const;

/** Of migration 0210: who changes a partner, against who saves an article that shows it. */
const PARTNER_LOCK = 814_720_317;

const trigger = (name: string, body: string, declarations = '') => `
  CREATE OR REPLACE FUNCTION waypost.${name}() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  ${declarations}
  BEGIN
    ${body}
    RETURN NULL;
  END $$`;

const MARK_TRUNCATION = trigger(
  'mark_truncation',
  `INSERT INTO waypost.change_markers
    SELECT pg_current_xact_id()
     WHERE EXISTS (SELECT FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id())
        OR EXISTS (SELECT FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id())
    ON CONFLICT DO NOTHING;`,
);

/** What is gone behind an older snapshot nobody can say: then every follower starts anew. */
const RENEW = `IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
      PERFORM waypost.renew_feed_generation();
    END IF;`;

const noteIds = (type: string, ids: string) => `
      INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
      SELECT pg_current_xact_id(), '${type}', id FROM (${ids}) AS changed (id)
      ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;`;

const noteTagged = (ids: string) => `
      INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id, is_tagged_anew)
      SELECT DISTINCT pg_current_xact_id(), 'ARTICLE', id, true FROM (${ids}) AS changed (id)
      ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE
        SET is_tagged_anew = true, moment = NULL WHERE NOT note.is_tagged_anew OR note.moment IS NOT NULL;`;

const NOTE_TRUNCATION = trigger(
  'note_truncation',
  `${RENEW}
    IF TG_TABLE_NAME = 'articles' THEN ${noteIds('ARTICLE', 'SELECT id FROM waypost.articles')}
    ELSIF TG_TABLE_NAME = 'tags' THEN ${noteIds('TAG', 'SELECT id FROM waypost.tags')}
    ELSIF TG_TABLE_NAME = 'article_tags' THEN ${noteTagged('SELECT article_id FROM waypost.article_tags')}
    ELSE ${noteTagged('SELECT article_id FROM waypost.placements WHERE retired_at IS NULL')}
    END IF;`,
);

const CAUSE_PARTNERS_TRUNCATED = trigger(
  'cause_partners_truncated',
  `PERFORM pg_advisory_xact_lock(${PARTNER_LOCK}, hashtext(key))
       FROM (SELECT key FROM waypost.partners ORDER BY 1) AS changed (key);
    PERFORM waypost.set_partner_moments(ARRAY(SELECT key FROM waypost.partners));
    INSERT INTO waypost.content_causes (transaction_id, kind, key)
    SELECT pg_current_xact_id(), 'PARTNER', key FROM waypost.partners
    ON CONFLICT (transaction_id, kind, key) DO UPDATE SET moment = NULL;`,
);

const NOTE_ALIASED_TAGS = trigger(
  'note_aliased_tags',
  `IF TG_OP = 'INSERT' THEN
      aliased := ARRAY(SELECT tag_id FROM rows_after);
    ELSIF TG_OP = 'UPDATE' THEN
      aliased := ARRAY(
        SELECT tag_id FROM (SELECT slug, tag_id FROM rows_before EXCEPT SELECT slug, tag_id FROM rows_after) AS gone
        UNION ALL
        SELECT tag_id FROM (SELECT slug, tag_id FROM rows_after EXCEPT SELECT slug, tag_id FROM rows_before) AS came);
    ELSIF TG_OP = 'DELETE' THEN
      aliased := ARRAY(SELECT tag_id FROM rows_before);
    ELSE
      ${RENEW}
      aliased := ARRAY(SELECT tag_id FROM waypost.tag_aliases);
    END IF;
    INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
    SELECT DISTINCT pg_current_xact_id(), 'TAG', id FROM unnest(aliased) AS id
    ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
    IF FOUND AND TG_OP <> 'TRUNCATE' THEN
      INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;`,
  'DECLARE aliased uuid[];',
);
