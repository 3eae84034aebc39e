import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The change feed. How it is written stands in docs/change-feed.md; the short form:
 *
 * 1. Statement-level triggers note the ids that a statement touched (`change_notes`), whoever sent it, TRUNCATE too.
 * 2. The first note of a transaction makes one row in `change_markers`. Its deferred trigger, `log_changes`, runs at commit.
 * 3. `log_changes` works out the new rows first. Only then it takes the one advisory lock, draws the numbers and writes,
 *    so that numbers are in the order of commits and 10,000 articles hold the lock for their writing alone.
 */
export class CreateChangeLog1764000000200 implements MigrationInterface {
  readonly name = 'CreateChangeLog1764000000200';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [...TABLES, ...GENERATION, ...NOTES, ...LOG, ...TRIGGERS, ...BACKFILL];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [trigger, table] of TRIGGER_NAMES) await runner.query(`DROP TRIGGER ${trigger} ON waypost.${table}`);
    for (const table of ['change_markers', 'change_notes', 'due_moments', 'change_epochs']) {
      await runner.query(`DROP TABLE waypost.${table}`);
    }
    for (const name of FUNCTION_NAMES) await runner.query(`DROP FUNCTION waypost.${name}`);
    await runner.query(`DROP TYPE waypost.staged_change`);
    await runner.query(`DROP TABLE waypost.change_log`);
    await runner.query(`DROP SEQUENCE waypost.change_seq, waypost.public_change_seq`);
    await runner.query(`DELETE FROM waypost.settings WHERE key = 'changes.generation'`);
  }
}

const TABLES = [
  // One row per entity: its latest change for callers who see everything, and its latest for those who see what is
  // public. The two are numbered apart, so that the numbers which anonymous callers get tell nothing of drafts.
  `CREATE SEQUENCE waypost.change_seq`,
  `CREATE SEQUENCE waypost.public_change_seq`,
  `CREATE TABLE waypost.change_log (
    entity_type        text           NOT NULL,
    entity_id          uuid           NOT NULL,
    seq                bigint         NOT NULL,
    op                 text           NOT NULL,
    path               text,
    locale             text,
    slug               text,
    url                text,
    at                 timestamptz(3) NOT NULL,
    public_seq         bigint,
    public_since_seq   bigint,
    public_op          text,
    public_path        text,
    public_locale      text,
    public_slug        text,
    public_url         text,
    public_at          timestamptz(3),
    public_tag_ids     uuid[]         NOT NULL DEFAULT '{}',
    public_former_tags  jsonb         NOT NULL DEFAULT '{}',
    public_former_paths jsonb         NOT NULL DEFAULT '{}',
    PRIMARY KEY (entity_type, entity_id),
    CONSTRAINT change_log_entity_known CHECK (entity_type IN ('ARTICLE', 'TAG')),
    CONSTRAINT change_log_op_known CHECK (op IN ('UPSERT', 'DELETE') AND public_op IN ('UPSERT', 'DELETE'))
  )`,
  `CREATE UNIQUE INDEX change_log_seq ON waypost.change_log (seq)`,
  `CREATE UNIQUE INDEX change_log_public_seq ON waypost.change_log (public_seq)`,
  `COMMENT ON COLUMN waypost.change_log.public_since_seq IS
    'The public_seq with which readers came to see the entity: later ones are changes of what they see.'`,
  `COMMENT ON COLUMN waypost.change_log.public_former_tags IS
    'Tags that readers saw on the article once, by id, with the public_seq that took them away: their lists are to be purged too.'`,
  `COMMENT ON COLUMN waypost.change_log.public_former_paths IS
    'Where readers found the article once, with the public_seq that moved it.'`,
  // A row of change_log with what can only be filled in once its numbers are drawn.
  `CREATE TYPE waypost.staged_change AS (
    log          waypost.change_log,
    is_noted     boolean,
    is_public    boolean,
    added_tags   uuid[],
    removed_tags uuid[],
    left_path    text
  )`,

  // Both live within one transaction only, so that neither needs to survive a crash.
  `CREATE UNLOGGED TABLE waypost.change_notes (
    transaction_id xid8 NOT NULL,
    entity_type    text NOT NULL,
    entity_id      uuid NOT NULL,
    moment         timestamptz(3),
    is_tagged_anew boolean NOT NULL DEFAULT false,
    PRIMARY KEY (transaction_id, entity_type, entity_id)
  )`,
  `CREATE UNLOGGED TABLE waypost.change_markers (transaction_id xid8 PRIMARY KEY)`,

  // When something changes without anybody writing: an article's publication or expiry. Also what has to be looked at
  // again at once, because the transaction that changed it could not see everything.
  `CREATE TABLE waypost.due_moments (
    kind text           NOT NULL,
    key  text           NOT NULL,
    at   timestamptz(3) NOT NULL,
    PRIMARY KEY (kind, key),
    CONSTRAINT due_moments_kind_known CHECK (kind IN ('ARTICLE', 'TAG'))
  )`,
  `CREATE INDEX due_moments_at ON waypost.due_moments (at)`,
];

/**
 * A token is good for the feed it was taken from: `feed_generation` is the key that it is sealed with. It is made of a
 * stored value, which a command renews, and of where the feed lives: system identifier, timeline, and the identities of
 * database and table, which a restored dump changes.
 * A restored copy of the files changes none of these. But Postgres must have been started for it: so the starts are
 * written down as epochs, and a token of an epoch this database does not know, or that lies past the end of its epoch,
 * was taken in a future that was lost.
 */
const GENERATION = [
  `INSERT INTO waypost.settings (key, value) VALUES ('changes.generation', to_jsonb(gen_random_uuid()))`,
  `CREATE TABLE waypost.change_epochs (
    id               uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    ordinal          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    started_at       timestamptz NOT NULL UNIQUE,
    first_seq        bigint      NOT NULL,
    first_public_seq bigint      NOT NULL
  )`,
  `CREATE FUNCTION waypost.feed_generation() RETURNS text
   LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
   DECLARE
     place text;
   BEGIN
     BEGIN
       SELECT system_identifier::text INTO place FROM pg_control_system();
     EXCEPTION WHEN insufficient_privilege THEN
       place := '';  -- A host may have taken the right to ask away.
     END;
     -- The first 8 digits of a WAL file's name are the timeline. A standby, which has no insert position, knows it from its control file.
     IF pg_is_in_recovery() THEN
       SELECT place || ':' || lpad(upper(to_hex(timeline_id)), 8, '0') INTO place FROM pg_control_checkpoint();
     ELSE
       place := place || ':' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
     END IF;
     SELECT concat_ws(':', place, oid, 'waypost.change_log'::regclass::oid) INTO place
       FROM pg_database WHERE datname = current_database();
     RETURN (SELECT encode(sha256(convert_to(place || ':' || (value #>> '{}'), 'UTF8')), 'hex')
               FROM waypost.settings WHERE key = 'changes.generation');
   END $$`,
  `CREATE FUNCTION waypost.renew_feed_generation() RETURNS void
   LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
     INSERT INTO waypost.settings (key, value) VALUES ('changes.generation', to_jsonb(gen_random_uuid()))
     ON CONFLICT (key) DO UPDATE SET value = excluded.value;
     SELECT pg_notify('waypost_changes', 'generation');
   $$`,
];

/** Body of a function that runs once per statement and looks at what the statement did. */
const note = (name: string, body: string, declarations = '') => `
  CREATE FUNCTION waypost.${name}() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  ${declarations}
  BEGIN ${body}
    RETURN NULL;
  END $$`;

const MARK = `IF FOUND THEN
      INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;`;

/** The ids must be distinct: a statement may not update a row twice. */
const noteIds = (type: string, ids: string) => `
    INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
    SELECT pg_current_xact_id(), '${type}', changed.id FROM (${ids}) AS changed (id)
    ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
    ${MARK}`;

/** The articles whose tags are other ones now. */
const noteTagged = (ids: string) => `
    INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id, is_tagged_anew)
    SELECT DISTINCT pg_current_xact_id(), 'ARTICLE', changed.id, true FROM (${ids}) AS changed (id)
    ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE
      SET is_tagged_anew = true, moment = NULL WHERE NOT note.is_tagged_anew OR note.moment IS NOT NULL;
    ${MARK}`;

/** Rows of either transition table that the other one lacks. */
const difference = (column: string) => `
      SELECT ${column} FROM (SELECT * FROM rows_before EXCEPT ALL SELECT * FROM rows_after) AS gone
      UNION ALL
      SELECT ${column} FROM (SELECT * FROM rows_after EXCEPT ALL SELECT * FROM rows_before) AS came`;

export const NOTES = [
  note('note_articles_inserted', noteIds('ARTICLE', `SELECT id FROM rows_after`)),
  note('note_articles_deleted', noteIds('ARTICLE', `SELECT id FROM rows_before`)),
  // The small columns that every save of Waypost moves are compared first: whole rows carry the source.
  note(
    'note_articles_updated',
    `
    INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
    SELECT pg_current_xact_id(), 'ARTICLE', became.id
      FROM (SELECT id, revision, updated_at, content_updated_at FROM rows_before) AS was
      JOIN (SELECT id, revision, updated_at, content_updated_at FROM rows_after) AS became USING (id)
     WHERE (was.revision, was.updated_at, was.content_updated_at)
             IS DISTINCT FROM (became.revision, became.updated_at, became.content_updated_at)
    ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
    GET DIAGNOSTICS noted = ROW_COUNT;
    ${MARK}
    IF noted < (SELECT count(*) FROM rows_after) THEN ${noteIds('ARTICLE', `SELECT DISTINCT id FROM (${difference('id')}) AS changed`)}
    END IF;`,
    'DECLARE noted bigint;',
  ),
  note('note_links_inserted', noteTagged(`SELECT article_id FROM rows_after`)),
  note('note_links_deleted', noteTagged(`SELECT article_id FROM rows_before`)),
  note('note_links_updated', noteTagged(difference('article_id'))),
  note('note_tags_inserted', noteIds('TAG', `SELECT id FROM rows_after`)),
  note('note_tags_deleted', noteIds('TAG', `SELECT id FROM rows_before`)),
  // An article shows the name and slug of its tags.
  note(
    'note_tags_updated',
    noteIds('TAG', `SELECT DISTINCT id FROM (${difference('id')}) AS changed`) +
      noteIds(
        'ARTICLE',
        `SELECT DISTINCT link.article_id FROM rows_before AS was JOIN rows_after AS became USING (id)
           JOIN waypost.article_tags link ON link.tag_id = was.id
          WHERE (was.slug, was.name) IS DISTINCT FROM (became.slug, became.name)`,
      ),
  ),
  // TRUNCATE has no transition tables, so that the rows are read before they are gone. It takes away also what an older
  // snapshot does not show: then nobody can say what is gone, and every follower starts anew.
  note(
    'note_truncation',
    `
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
      PERFORM waypost.renew_feed_generation();
    END IF;
    IF TG_TABLE_NAME = 'articles' THEN ${noteIds('ARTICLE', 'SELECT id FROM waypost.articles')}
    ELSIF TG_TABLE_NAME = 'tags' THEN ${noteIds('TAG', 'SELECT id FROM waypost.tags')}
    ELSIF TG_TABLE_NAME = 'article_tags' THEN ${noteTagged('SELECT article_id FROM waypost.article_tags')}
    ELSE ${noteTagged('SELECT article_id FROM waypost.placements WHERE retired_at IS NULL')}
    END IF;`,
  ),
  // Notes what is due by now. What the commit then finds is no longer due, because another node was faster, is dropped.
  `CREATE FUNCTION waypost.note_due_moments() RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
   BEGIN
     INSERT INTO waypost.change_notes (transaction_id, entity_type, entity_id, moment)
     SELECT pg_current_xact_id(), kind, split_part(key, ' ', 1)::uuid, at FROM waypost.due_moments
      WHERE kind IN ('ARTICLE', 'TAG') AND at <= clock_timestamp()
     ON CONFLICT DO NOTHING;
     ${MARK}
   END $$`,
];

/**
 * Runs at commit, once for all that a transaction noted. Each step is a statement of its own, because it has to see what
 * others committed while the one before it waited.
 */
export const LOG = [
  // Rows that exist are locked in the order of their ids: who changes the same entity waits here, and then reads it as it
  // is. So what is staged stays true until the commit, and can be worked out before the feed's lock.
  `CREATE FUNCTION waypost.lock_logged(type text, ids uuid[]) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM FROM waypost.change_log AS told
      WHERE told.entity_type = type AND told.entity_id = ANY (ids)
      ORDER BY told.entity_id FOR UPDATE;
   END $$`,

  // Who noted an article only because its moment came drops it where the moment is no longer due: it was another node.
  `CREATE FUNCTION waypost.stage_articles(as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT note.entity_id, note.is_tagged_anew, coalesce(note.moment, as_of) AS at,
              article.id IS NOT NULL AS lives, article.path,
              article.locale, article.slug, article.canonical_url AS url, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              coalesce(article.status = 'published' AND article.published_at <= as_of
                       AND (article.expires_at IS NULL OR article.expires_at > as_of), false) AS is_public
         FROM waypost.change_notes note
         LEFT JOIN waypost.articles article ON article.id = note.entity_id
         LEFT JOIN waypost.change_log told ON told.entity_type = 'ARTICLE' AND told.entity_id = note.entity_id
        WHERE note.transaction_id = pg_current_xact_id() AND note.entity_type = 'ARTICLE'
          AND (note.moment IS NULL OR EXISTS (
            SELECT FROM waypost.due_moments due
             WHERE due.kind = 'ARTICLE' AND due.key = note.entity_id::text AND due.at <= as_of))
     ), shown AS (
       SELECT *, CASE WHEN is_public AND was_public AND NOT is_tagged_anew THEN (told).public_tag_ids
                   WHEN is_public THEN ARRAY(SELECT tag_id FROM waypost.article_tags link WHERE link.article_id = entity_id ORDER BY tag_id)
                   ELSE '{}' END AS tags,
              coalesce((told).public_tag_ids, '{}') AS told_tags
         FROM current WHERE lives OR (told).op = 'UPSERT'
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('ARTICLE', entity_id, 0, CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END,
                   CASE WHEN lives THEN path ELSE (told).path END, CASE WHEN lives THEN locale ELSE (told).locale END,
                   CASE WHEN lives THEN slug ELSE (told).slug END, CASE WHEN lives THEN url ELSE (told).url END, at,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public THEN 'DELETE' ELSE (told).public_op END,
                   CASE WHEN is_public THEN path ELSE (told).public_path END,
                   CASE WHEN is_public THEN locale ELSE (told).public_locale END,
                   CASE WHEN is_public THEN slug ELSE (told).public_slug END,
                   CASE WHEN is_public THEN url ELSE (told).public_url END,
                   CASE WHEN is_public OR was_public THEN at ELSE (told).public_at END,
                   tags, coalesce((told).public_former_tags, '{}'), coalesce((told).public_former_paths, '{}'))::waypost.change_log,
              true, is_public OR was_public,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(tags) AS tag WHERE tag <> ALL (told_tags)) END,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(told_tags) AS tag WHERE tag <> ALL (tags)) END,
              CASE WHEN is_public AND path <> (told).public_path THEN (told).public_path END
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM shown);
   END $$`,

  // A tag is public while an article that is public has it. Of the tags given some were themselves written, the others
  // were put on an article, or taken off one, that is public.
  `CREATE FUNCTION waypost.stage_tags(ids uuid[], as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT wanted.id AS entity_id, note.entity_id IS NOT NULL AND note.moment IS NULL AS is_noted, as_of AS at,
              tag.id IS NOT NULL AS lives, tag.slug, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              tag.id IS NOT NULL AND EXISTS (
                SELECT FROM waypost.article_tags link JOIN waypost.articles article ON article.id = link.article_id
                 WHERE link.tag_id = tag.id AND article.status = 'published' AND article.published_at <= as_of
                   AND (article.expires_at IS NULL OR article.expires_at > as_of)) AS is_public
         FROM unnest(ids) AS wanted (id)
         LEFT JOIN waypost.change_notes note
           ON note.transaction_id = pg_current_xact_id() AND note.entity_type = 'TAG' AND note.entity_id = wanted.id
         LEFT JOIN waypost.tags tag ON tag.id = wanted.id
         LEFT JOIN waypost.change_log told ON told.entity_type = 'TAG' AND told.entity_id = wanted.id
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('TAG', entity_id, coalesce((told).seq, 0), CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END, NULL, NULL,
                   CASE WHEN lives THEN slug ELSE (told).slug END, NULL,
                   CASE WHEN is_noted OR told IS NULL THEN at ELSE (told).at END,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public THEN 'DELETE' ELSE (told).public_op END, NULL, NULL,
                   CASE WHEN is_public THEN slug ELSE (told).public_slug END, NULL,
                   CASE WHEN (is_noted AND is_public) OR is_public <> was_public THEN at ELSE (told).public_at END,
                   '{}', '{}', '{}')::waypost.change_log,
              is_noted, (is_noted AND is_public) OR is_public <> was_public, NULL, NULL, NULL
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM current
      WHERE (lives OR (told).op = 'UPSERT') AND (is_noted OR is_public <> was_public));
   END $$`,

  // Draws the numbers and writes. Only for this the feed's lock is held, from here to the end of the commit.
  `CREATE FUNCTION waypost.write_changes(staged waypost.staged_change[]) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO waypost.change_log
     SELECT (log).entity_type, (log).entity_id, seq, (log).op, (log).path, (log).locale, (log).slug, (log).url, (log).at,
            public_seq,
            CASE WHEN (log).public_op = 'UPSERT' THEN coalesce((log).public_since_seq, public_seq) END,
            (log).public_op, (log).public_path, (log).public_locale, (log).public_slug, (log).public_url, (log).public_at,
            (log).public_tag_ids,
            CASE WHEN cardinality(removed_tags) > 0
              THEN (log).public_former_tags || (SELECT jsonb_object_agg(tag, public_seq) FROM unnest(removed_tags) AS tag)
              ELSE (log).public_former_tags END,
            CASE WHEN left_path IS NULL THEN (log).public_former_paths
              ELSE (log).public_former_paths || jsonb_build_object(left_path, public_seq) END
       FROM (SELECT change.log, change.removed_tags, change.left_path,
                    CASE WHEN change.is_noted THEN nextval('waypost.change_seq') ELSE (change.log).seq END AS seq,
                    CASE WHEN change.is_public THEN nextval('waypost.public_change_seq')
                         ELSE (change.log).public_seq END AS public_seq
               FROM unnest(staged) WITH ORDINALITY 
                    AS change (log, is_noted, is_public, added_tags, removed_tags, left_path, place)
              ORDER BY change.place) AS numbered
     ON CONFLICT (entity_type, entity_id) DO UPDATE SET
       seq = excluded.seq, op = excluded.op, path = excluded.path, locale = excluded.locale, slug = excluded.slug,
       url = excluded.url, at = excluded.at, public_seq = excluded.public_seq,
       public_since_seq = excluded.public_since_seq, public_op = excluded.public_op,
       public_path = excluded.public_path, public_locale = excluded.public_locale, public_slug = excluded.public_slug,
       public_url = excluded.public_url, public_at = excluded.public_at, public_tag_ids = excluded.public_tag_ids,
       public_former_tags = excluded.public_former_tags, public_former_paths = excluded.public_former_paths;
   END $$`,

  // What readers see of an article changes again at the next of its dates.
  `CREATE FUNCTION waypost.set_article_moments(staged waypost.staged_change[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     WITH next AS MATERIALIZED (
       SELECT (change.log).entity_id::text AS key,
              least(CASE WHEN article.published_at > as_of THEN article.published_at END,
                    CASE WHEN article.expires_at > as_of THEN article.expires_at END) AS at
         FROM unnest(staged) AS change
         LEFT JOIN waypost.articles article ON article.id = (change.log).entity_id AND article.status = 'published'
     ), past AS (
       DELETE FROM waypost.due_moments due USING next
        WHERE due.kind = 'ARTICLE' AND due.key = next.key AND next.at IS NULL
     )
     INSERT INTO waypost.due_moments AS due (kind, key, at)
     SELECT 'ARTICLE', key, at FROM next WHERE at IS NOT NULL
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at;
   END $$`,

  // The first commit after a start of Postgres opens an epoch, where the last one ended.
  `CREATE FUNCTION waypost.open_change_epoch() RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     IF NOT EXISTS (SELECT FROM waypost.change_epochs WHERE started_at = pg_postmaster_start_time()) THEN
       INSERT INTO waypost.change_epochs (started_at, first_seq, first_public_seq)
       SELECT pg_postmaster_start_time(), coalesce(max(seq), 0), coalesce(max(public_seq), 0) FROM waypost.change_log;
     END IF;
   END $$`,

  `CREATE FUNCTION waypost.log_changes() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
   DECLARE
     articles uuid[];
     tags     uuid[];
     staged   waypost.staged_change[];
     as_of    timestamptz;
   BEGIN
     SELECT coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'ARTICLE'), '{}'),
            coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'TAG'), '{}')
       INTO articles, tags FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id();
     PERFORM waypost.lock_logged('ARTICLE', articles);
     as_of := clock_timestamp();
     staged := waypost.stage_articles(as_of);
     PERFORM waypost.set_article_moments(staged, as_of);

     tags := ARRAY(SELECT unnest(tags)
                    UNION SELECT unnest(added_tags || removed_tags) FROM unnest(staged) AS change);
     IF cardinality(tags) > 0 THEN
       PERFORM waypost.lock_logged('TAG', tags);
       staged := staged || waypost.stage_tags(tags, clock_timestamp());
       -- An older snapshot does not show what others did to articles with the same tags: look again in a new one. Each
       -- transaction has keys of its own, so that none meets a row that its snapshot does not show.
       IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
         INSERT INTO waypost.due_moments (kind, key, at)
         SELECT 'TAG', tag || ' ' || pg_current_xact_id(), as_of FROM unnest(tags) AS tag
         ON CONFLICT (kind, key) DO NOTHING;
       END IF;
     END IF;

     -- Deleted, so that whatever comes after this trigger, in the same transaction, is noted and logged again.
     DELETE FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id();
     DELETE FROM waypost.change_markers WHERE transaction_id = pg_current_xact_id();
     DELETE FROM waypost.due_moments WHERE kind = 'TAG' AND at <= as_of
        AND current_setting('transaction_isolation') IN ('read committed', 'read uncommitted')
        AND split_part(key, ' ', 1) = ANY (tags::text[]);
     IF cardinality(staged) > 0 THEN
       PERFORM pg_advisory_xact_lock(8147203116);
       PERFORM waypost.open_change_epoch();
       PERFORM waypost.write_changes(staged);
       PERFORM pg_notify('waypost_changes', '');
     END IF;
     RETURN NULL;
   END $$`,
];

const trigger = (name: string, event: string, table: string, tables: string, run: string) =>
  `CREATE TRIGGER ${name} AFTER ${event} ON waypost.${table} REFERENCING ${tables}
   FOR EACH STATEMENT EXECUTE FUNCTION waypost.${run}()`;

const triggersOf = (table: string, noun: string) => [
  trigger(`note_inserted`, 'INSERT', table, 'NEW TABLE AS rows_after', `note_${noun}_inserted`),
  trigger(`note_updated`, 'UPDATE', table, 'OLD TABLE AS rows_before NEW TABLE AS rows_after', `note_${noun}_updated`),
  trigger(`note_deleted`, 'DELETE', table, 'OLD TABLE AS rows_before', `note_${noun}_deleted`),
];

/** A table, and the name under which its functions stand. */
const NOTED_TABLES = [
  ['articles', 'articles'],
  ['article_tags', 'links'],
  ['placements', 'links'],
  ['tags', 'tags'],
] as const;

const TRIGGERS = [
  ...NOTED_TABLES.flatMap(([table, noun]) => [
    ...triggersOf(table, noun),
    `CREATE TRIGGER note_truncation BEFORE TRUNCATE ON waypost.${table}
     FOR EACH STATEMENT EXECUTE FUNCTION waypost.note_truncation()`,
  ]),
  `CREATE CONSTRAINT TRIGGER log_changes AFTER INSERT ON waypost.change_markers
   DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION waypost.log_changes()`,
];

/** What was there before the feed comes to it as if it were written now. */
const BACKFILL = [
  `INSERT INTO waypost.change_notes (transaction_id, entity_type, entity_id)
   SELECT pg_current_xact_id(), 'ARTICLE', id FROM waypost.articles
   UNION ALL SELECT pg_current_xact_id(), 'TAG', id FROM waypost.tags`,
  `INSERT INTO waypost.change_markers VALUES (pg_current_xact_id())`,
];

const TRIGGER_NAMES: readonly (readonly [trigger: string, table: string])[] = [
  ...NOTED_TABLES.flatMap(([table]) =>
    ['note_inserted', 'note_updated', 'note_deleted'].map((name) => [name, table] as const),
  ),
  ...NOTED_TABLES.map(([table]) => ['note_truncation', table] as const),
];

const FUNCTION_NAMES = [
  'log_changes()',
  'open_change_epoch()',
  'set_article_moments(waypost.staged_change[], timestamptz)',
  'write_changes(waypost.staged_change[])',
  'stage_tags(uuid[], timestamptz)',
  'stage_articles(timestamptz)',
  'lock_logged(text, uuid[])',
  'note_due_moments()',
  'note_truncation()',
  ...['articles', 'links', 'tags'].flatMap((noun) =>
    ['inserted', 'updated', 'deleted'].map((event) => `note_${noun}_${event}()`),
  ),
  'renew_feed_generation()',
  'feed_generation()',
];
