import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a former slug leads to changes also where no article does: a new tag takes the slug, or a tag that readers never saw
 * is merged into one that they see. Whoever keeps an answer under that slug has to hear of it, so a tag changes with the
 * slugs that lead to it; and a slug that a tag gets leads to that one alone, whoever writes.
 */
export class TellOfTagSlugs1764000000217 implements MigrationInterface {
  readonly name = 'TellOfTagSlugs1764000000217';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [NOTE_ALIASED_TAGS, TAKE_TAG_SLUGS, ...TRIGGERS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['inserted', 'updated', 'deleted', 'truncation']) {
      await runner.query(`DROP TRIGGER note_${name} ON waypost.tag_aliases`);
    }
    for (const name of ['inserted', 'updated']) await runner.query(`DROP TRIGGER take_slugs_${name} ON waypost.tags`);
    await runner.query(`DROP FUNCTION waypost.take_tag_slugs()`);
    await runner.query(`DROP FUNCTION waypost.note_aliased_tags()`);
  }
}

// TRUNCATE has no transition tables. It takes away also what an older snapshot does not show: then every follower starts anew.
const NOTE_ALIASED_TAGS = `
  CREATE FUNCTION waypost.note_aliased_tags() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    aliased uuid[];
  BEGIN
    IF TG_OP = 'INSERT' THEN
      aliased := ARRAY(SELECT tag_id FROM rows_after);
    ELSIF TG_OP = 'UPDATE' THEN
      aliased := ARRAY(
        SELECT tag_id FROM (SELECT slug, tag_id FROM rows_before EXCEPT SELECT slug, tag_id FROM rows_after) AS gone
        UNION ALL
        SELECT tag_id FROM (SELECT slug, tag_id FROM rows_after EXCEPT SELECT slug, tag_id FROM rows_before) AS came);
    ELSIF TG_OP = 'DELETE' THEN
      aliased := ARRAY(SELECT tag_id FROM rows_before);
    ELSE
      IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM waypost.renew_feed_generation();
      END IF;
      aliased := ARRAY(SELECT tag_id FROM waypost.tag_aliases);
    END IF;
    INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
    SELECT DISTINCT pg_current_xact_id(), 'TAG', id FROM unnest(aliased) AS id
    ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
    IF FOUND THEN
      INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
  END $$`;

const TAKE_TAG_SLUGS = `
  CREATE FUNCTION waypost.take_tag_slugs() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    DELETE FROM waypost.tag_aliases AS alias USING rows_after AS tag WHERE alias.slug = tag.slug;
    RETURN NULL;
  END $$`;

const trigger = (name: string, event: string, table: string, tables: string, run: string) =>
  `CREATE TRIGGER ${name} AFTER ${event} ON waypost.${table} REFERENCING ${tables}
   FOR EACH STATEMENT EXECUTE FUNCTION waypost.${run}()`;

const BEFORE = 'OLD TABLE AS rows_before';
const AFTER = 'NEW TABLE AS rows_after';

const TRIGGERS = [
  trigger('note_inserted', 'INSERT', 'tag_aliases', AFTER, 'note_aliased_tags'),
  trigger('note_updated', 'UPDATE', 'tag_aliases', `${BEFORE} ${AFTER}`, 'note_aliased_tags'),
  trigger('note_deleted', 'DELETE', 'tag_aliases', BEFORE, 'note_aliased_tags'),
  `CREATE TRIGGER note_truncation BEFORE TRUNCATE ON waypost.tag_aliases
   FOR EACH STATEMENT EXECUTE FUNCTION waypost.note_aliased_tags()`,
  trigger('take_slugs_inserted', 'INSERT', 'tags', AFTER, 'take_tag_slugs'),
  trigger('take_slugs_updated', 'UPDATE', 'tags', AFTER, 'take_tag_slugs'),
];
