import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a commit does with the articles it touched, before `log_changes` tells of them. Its trigger stands on the same
 * marker row, so that it runs first, by its name, and never under the feed's lock.
 *
 * 1. `apply_contents`: hashes what readers see now, of each article that was written and of each that shows a partner or
 *    tag that was; `content_updated_at` moves where the hash is another one, with the cause. One statement, any number.
 * 2. `keep_revisions`: keeps the article as it became under each new revision.
 *
 * Whoever writes, also somebody at a prompt, gets the same.
 */
export class KeepEffectsAndRevisions1764000000210 implements MigrationInterface {
  readonly name = 'KeepEffectsAndRevisions1764000000210';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...CAUSES, ...CONTENTS, ...REVISIONS, ...TRIGGERS, ...BACKFILL]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, table] of TRIGGER_NAMES) await runner.query(`DROP TRIGGER ${name} ON waypost.${table}`);
    for (const name of FUNCTION_NAMES) await runner.query(`DROP FUNCTION waypost.${name}`);
    await runner.query(`ALTER FUNCTION waypost.note_articles_updated() RESET enable_nestloop`);
    await runner.query(`DROP TYPE waypost.content_move`);
    for (const table of ['content_causes', 'shown_contents', 'article_revisions']) {
      await runner.query(`DROP TABLE waypost.${table}`);
    }
    await runner.query(`ALTER TABLE waypost.articles DROP COLUMN revised_by`);
    await runner.query(`DELETE FROM waypost.due_moments WHERE kind NOT IN ('ARTICLE', 'TAG')`);
    await runner.query(`ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`);
    await runner.query(
      `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known CHECK (kind IN ('ARTICLE', 'TAG'))`,
    );
  }
}

/** First keys of advisory locks: who changes a partner or tag, against who saves an article that shows it. */
const PARTNER_LOCK = 814_720_317;
const TAG_LOCK = 814_720_318;

const TABLES = [
  // SHA-256 of what readers see of an article, as of the last commit that touched it or what it shows. Apart from
  // articles, so that writing it moves no row with a source.
  `CREATE TABLE waypost.shown_contents (
    article_id uuid  PRIMARY KEY,
    hash       bytea NOT NULL
  )`,
  // Partners, by key, and tags, by id, that a transaction changed in a way that articles may show. "moment": by its date.
  `CREATE UNLOGGED TABLE waypost.content_causes (
    transaction_id xid8 NOT NULL,
    kind           text NOT NULL,
    key            text NOT NULL,
    slug           text,
    moment         timestamptz(3),
    is_awaited     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (transaction_id, kind, key),
    CONSTRAINT content_causes_kind_known CHECK (kind IN ('PARTNER', 'TAG'))
  )`,
  `CREATE TYPE waypost.content_move AS (
    article_id uuid,
    hash       bytea,
    is_new     boolean,
    is_saved   boolean,
    cause_kind text,
    cause_key  text,
    moment     timestamptz(3)
  )`,
  // Without foreign keys: TRUNCATE of articles shall not need to name these. A commit takes away what is of no article.
  `CREATE TABLE waypost.article_revisions (
    article_id    uuid           NOT NULL,
    revision      integer        NOT NULL,
    at            timestamptz(3) NOT NULL,
    author        text,
    path          text           NOT NULL,
    locale        text           NOT NULL,
    slug          text           NOT NULL,
    title         text           NOT NULL,
    description   text,
    canonical_url text,
    file          bytea,
    source        text           NOT NULL,
    source_line   integer        NOT NULL,
    is_trusted    boolean        NOT NULL,
    params        jsonb          NOT NULL,
    tags          text[]         NOT NULL,
    status        text           NOT NULL,
    published_at  timestamptz(3),
    expires_at    timestamptz(3),
    PRIMARY KEY (article_id, revision)
  )`,
  `COMMENT ON COLUMN waypost.article_revisions.author IS 'Name of the actor; null: written in the database itself.'`,
  `ALTER TABLE waypost.articles ADD COLUMN revised_by text`,
  // 'PARTNER': the key of a partner whose start or end comes. Both kinds, with a transaction behind the key: an article was
  // saved while what it shows was being changed, and neither saw the other; to be looked at once both are there.
  `ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`,
  `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known
     CHECK (kind IN ('ARTICLE', 'TAG', 'PARTNER', 'SHOWN_TAG'))`,
];

const definer = (name: string, returns: string, body: string, settings = '') => `
  CREATE FUNCTION waypost.${name} RETURNS ${returns}
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${settings} AS $$ ${body} $$`;

/**
 * A plan has to be right for one article and for 10,000, whatever the statistics say: after a mass delete they may say
 * that a table is empty, and a join of two "empty" tables compares each row with each. So every statement restricts
 * each table to ids that it holds in a variable, which a plan made anew sees; such sets are joined by hash or in order.
 * What is looked up by key for one row stands in a scalar subquery, which no setting turns into a join.
 */
const ANY_SIZE = 'SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off';

// Transition tables, whose size no later plan asks for, are joined to each other alone.
const NO_NESTED_LOOP = 'SET enable_nestloop = off';

const MARK = `
    IF FOUND THEN
      INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;`;

/** Everything of a partner that an article shows. Not its destination: the page is the same. */
const SHOWN_OF_PARTNER = (row: string) =>
  ['key', 'name', 'default_text', 'disclosure', 'status', 'starts_at', 'expires_at']
    .map((column) => `${row}.${column}`)
    .join(', ') + `, ${row}.fallback_url IS NULL`;

const partnerCauses = (rows: string) => `
    PERFORM pg_advisory_xact_lock(${PARTNER_LOCK}, hashtext(key)) FROM (${rows} ORDER BY 1) AS changed (key);
    PERFORM waypost.set_partner_moments(ARRAY(${rows}));
    INSERT INTO waypost.content_causes (transaction_id, kind, key)
    SELECT DISTINCT pg_current_xact_id(), 'PARTNER', key FROM (${rows}) AS changed (key)
    ON CONFLICT (transaction_id, kind, key) DO UPDATE SET moment = NULL;
    ${MARK}`;

const tagCauses = (rows: string) => `
    PERFORM pg_advisory_xact_lock(${TAG_LOCK}, hashtext(id::text)) FROM (${rows} ORDER BY 1) AS changed (id, slug);
    INSERT INTO waypost.content_causes (transaction_id, kind, key, slug)
    SELECT pg_current_xact_id(), 'TAG', id::text, slug FROM (${rows}) AS changed (id, slug)
    ON CONFLICT (transaction_id, kind, key) DO UPDATE SET slug = excluded.slug;
    ${MARK}`;

const trigger = (name: string, body: string, settings?: string) =>
  definer(`${name}()`, 'trigger', `BEGIN ${body} RETURN NULL; END`, settings);

const CAUSES = [
  // When a partner changes without anybody writing: at its start and its end.
  definer(
    'set_partner_moments(keys text[])',
    'void',
    `BEGIN
       DELETE FROM waypost.due_moments WHERE kind = 'PARTNER' AND key = ANY (keys);
       INSERT INTO waypost.due_moments (kind, key, at)
       SELECT 'PARTNER', key, least(CASE WHEN starts_at > clock_timestamp() THEN starts_at END,
                                    CASE WHEN expires_at > clock_timestamp() THEN expires_at END)
         FROM waypost.partners
        WHERE key = ANY (keys) AND (starts_at > clock_timestamp() OR expires_at > clock_timestamp())
       ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at;
     END`,
  ),
  trigger('cause_partners_inserted', partnerCauses('SELECT key FROM rows_after')),
  trigger('cause_partners_deleted', partnerCauses('SELECT key FROM rows_before')),
  trigger(
    'cause_partners_updated',
    partnerCauses(`SELECT unnest(ARRAY[was.key, became.key]) FROM rows_before was JOIN rows_after became USING (id)
                    WHERE (${SHOWN_OF_PARTNER('was')}) IS DISTINCT FROM (${SHOWN_OF_PARTNER('became')})`),
    NO_NESTED_LOOP,
  ),
  trigger('cause_partners_truncated', partnerCauses('SELECT key FROM waypost.partners')),
  trigger('cause_tags_deleted', tagCauses('SELECT id, slug FROM rows_before')),
  trigger(
    'cause_tags_updated',
    tagCauses(`SELECT became.id, became.slug FROM rows_before was JOIN rows_after became USING (id)
                WHERE (was.slug, was.name) IS DISTINCT FROM (became.slug, became.name)`),
    NO_NESTED_LOOP,
  ),
  // As a change of theirs would. Who looks again waits for those who are changing them.
  definer(
    'note_due_causes()',
    'void',
    `BEGIN
       INSERT INTO waypost.content_causes (transaction_id, kind, key, slug, moment, is_awaited)
       SELECT pg_current_xact_id(), 'PARTNER', split_part(key, ' ', 1), NULL,
              max(at) FILTER (WHERE key NOT LIKE '% %'), true
         FROM waypost.due_moments WHERE kind = 'PARTNER' AND at <= clock_timestamp() GROUP BY split_part(key, ' ', 1)
       UNION ALL
       SELECT pg_current_xact_id(), 'TAG', id::text, slug, NULL::timestamptz, true
         FROM (SELECT due.id, (SELECT tag.slug FROM waypost.tags tag WHERE tag.id = due.id) AS slug
                 FROM (SELECT DISTINCT split_part(key, ' ', 1)::uuid AS id FROM waypost.due_moments
                        WHERE kind = 'SHOWN_TAG' AND at <= clock_timestamp()) AS due) AS shown
        WHERE slug IS NOT NULL
       ON CONFLICT DO NOTHING;
       ${MARK}
       DELETE FROM waypost.due_moments WHERE kind = 'SHOWN_TAG' AND at <= clock_timestamp()
          AND (SELECT tag.id FROM waypost.tags tag WHERE tag.id = split_part(due_moments.key, ' ', 1)::uuid) IS NULL;
     END`,
  ),
];

/** The later of an article's dates that have come. */
const LAST_MOMENT = `greatest(CASE WHEN published_at <= as_of THEN published_at END,
                                        CASE WHEN expires_at <= as_of THEN expires_at END)`;

const CONTENTS = [
  // Articles that the transaction touched, gone ones too.
  definer(
    'noted_articles()',
    'uuid[]',
    `BEGIN
       RETURN ARRAY(SELECT entity_id FROM waypost.change_notes
                     WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE');
     END`,
  ),
  // Of the ids those that no article has.
  `CREATE FUNCTION waypost.without_article(ids uuid[]) RETURNS uuid[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN ARRAY(SELECT each.id FROM unnest(ids) AS each (id)
                   WHERE (SELECT article.id FROM waypost.articles article WHERE article.id = each.id) IS NULL);
   END $$`,

  // What readers see, beside the HTML that "content_hash" stands for: there everything that comes from elsewhere - links,
  // disclosures, the live date - has a fixed placeholder. Same rules as articles/article-view.ts.
  `CREATE FUNCTION waypost.hash_shown(ids uuid[], as_of timestamptz) RETURNS TABLE (article_id uuid, hash bytea)
   LANGUAGE plpgsql STABLE ${ANY_SIZE} AS $$
   #variable_conflict use_column
   DECLARE
     partner_keys text[] := ARRAY(SELECT DISTINCT placement.partner_key FROM waypost.placements placement
                                   WHERE placement.article_id = ANY (ids) AND placement.retired_at IS NULL);
     tag_ids      uuid[] := ARRAY(SELECT DISTINCT link.tag_id FROM waypost.article_tags link
                                   WHERE link.article_id = ANY (ids));
   BEGIN
     RETURN QUERY WITH link AS MATERIALIZED (
       SELECT placement.article_id, placement.id, placement.position,
              coalesce(nullif(placement.text, ''), nullif(partner.default_text, ''), nullif(partner.name, ''), placement.partner_key) AS text,
              partner.id IS NOT NULL AND (
                partner.fallback_url IS NOT NULL
                OR (partner.status <> 'paused' AND (partner.starts_at > as_of) IS NOT TRUE
                    AND (partner.expires_at <= as_of) IS NOT TRUE)) AS is_linked,
              nullif(partner.disclosure, '') AS disclosure
         FROM waypost.placements placement
         LEFT JOIN waypost.partners partner ON partner.key = placement.partner_key AND partner.key = ANY (partner_keys)
        WHERE placement.article_id = ANY (ids) AND placement.retired_at IS NULL
     ), links AS (
       SELECT link.article_id, jsonb_agg(jsonb_build_array(link.id, link.text, link.is_linked) ORDER BY link.position) AS shown
         FROM link GROUP BY link.article_id
     ), told AS (
       SELECT link.article_id, link.disclosure, min(link.position) AS first
         FROM link WHERE link.is_linked AND link.disclosure IS NOT NULL GROUP BY link.article_id, link.disclosure
     ), disclosures AS (
       SELECT told.article_id, jsonb_agg(told.disclosure ORDER BY told.first) AS shown FROM told GROUP BY told.article_id
     ), tags AS (
       SELECT tagged.article_id, jsonb_agg(jsonb_build_array(tag.slug, tag.name) ORDER BY tagged.position, tag.slug) AS shown
         FROM waypost.article_tags tagged JOIN waypost.tags tag ON tag.id = tagged.tag_id AND tag.id = ANY (tag_ids)
        WHERE tagged.article_id = ANY (ids) GROUP BY tagged.article_id
     )
     SELECT article.id, sha256(convert_to(jsonb_build_array(
              article.title, article.description, article.canonical_url, encode(article.content_hash, 'hex'),
              links.shown, disclosures.shown, tags.shown)::text, 'UTF8'))
       FROM waypost.articles article
       LEFT JOIN links ON links.article_id = article.id
       LEFT JOIN disclosures ON disclosures.article_id = article.id
       LEFT JOIN tags ON tags.article_id = article.id
      WHERE article.id = ANY (ids);
   END $$`,

  // Who saves an article holds what it shows, shared, to the end of the commit. Where somebody is changing that at this
  // moment nobody waits: it is written down to be looked at again.
  `CREATE FUNCTION waypost.hold_shown(ids uuid[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO waypost.due_moments (kind, key, at)
     SELECT kind, key || ' ' || pg_current_xact_id(), as_of FROM (
       SELECT DISTINCT 'PARTNER' AS kind, partner_key AS key, ${PARTNER_LOCK} AS lock FROM waypost.placements
        WHERE article_id = ANY (ids) AND retired_at IS NULL
       UNION ALL
       SELECT DISTINCT 'SHOWN_TAG', tag_id::text, ${TAG_LOCK} FROM waypost.article_tags WHERE article_id = ANY (ids)) AS shown
      WHERE NOT pg_try_advisory_xact_lock_shared(lock, hashtext(key))
         -- An older snapshot does not show what others committed meanwhile.
         OR current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
     ON CONFLICT DO NOTHING;
     IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
       INSERT INTO waypost.due_moments (kind, key, at)
       SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER' ELSE 'SHOWN_TAG' END, key || ' ' || pg_current_xact_id(), as_of
         FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id()
       ON CONFLICT DO NOTHING;
     END IF;
   END $$`,

  // Publication and expiry by their dates. The feed's notes keep the moment, which a write would take away.
  // Whoever logs an article takes its moment away, so the row of the log is locked before the date is moved.
  `CREATE FUNCTION waypost.move_scheduled(as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   DECLARE
     ids     uuid[];
     moments timestamptz[];
   BEGIN
     SELECT array_agg(entity_id), array_agg(moment) INTO ids, moments FROM waypost.change_notes
      WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NOT NULL;
     IF ids IS NULL THEN RETURN; END IF;
     PERFORM FROM waypost.articles WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
     PERFORM waypost.lock_logged('ARTICLE', ids);
     UPDATE waypost.articles
        SET content_updated_at = ${LAST_MOMENT}, content_change_cause_kind = 'SCHEDULE', content_change_cause_key = NULL
      WHERE id = ANY (ids) AND status = 'published' AND content_updated_at < ${LAST_MOMENT}
        AND (SELECT due.at FROM waypost.due_moments due WHERE due.kind = 'ARTICLE' AND due.key = articles.id::text) <= as_of;
     UPDATE waypost.change_notes AS note SET moment = due.moment
       FROM unnest(ids, moments) AS due (id, moment)
      WHERE note.transaction_id = pg_current_xact_id() AND note.entity_type = 'ARTICLE' AND note.entity_id = due.id
        AND note.moment IS NULL;
   END $$`,

  definer(
    'cause_keys(wanted text)',
    'text[]',
    `BEGIN
       RETURN ARRAY(SELECT key FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND kind = wanted);
     END`,
  ),

  `CREATE FUNCTION waypost.articles_that_show(partner_keys text[], tag_ids uuid[]) RETURNS uuid[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN ARRAY(SELECT article_id FROM waypost.placements WHERE partner_key = ANY (partner_keys) AND retired_at IS NULL
                  UNION SELECT article_id FROM waypost.article_tags WHERE tag_id = ANY (tag_ids));
   END $$`,

  // A cause that is named wins over "somebody wrote the article", but for an article that was saved in the same transaction.
  `CREATE FUNCTION waypost.find_moves(noted uuid[], caused uuid[], as_of timestamptz) RETURNS waypost.content_move[]
   LANGUAGE plpgsql STABLE AS $$
   DECLARE
     ids          uuid[] := noted || caused;
     partner_keys text[] := waypost.cause_keys('PARTNER');
     tag_ids      uuid[] := waypost.cause_keys('TAG')::uuid[];
   BEGIN
     RETURN (WITH cause AS MATERIALIZED (
       SELECT kind, key, slug, moment FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id()
     ), candidate AS (
       SELECT DISTINCT ON (id) id, kind, key, moment FROM (
         SELECT placement.article_id AS id, CASE WHEN cause.moment IS NULL THEN 'PARTNER' ELSE 'SCHEDULE' END AS kind,
                cause.key, cause.moment, 1 AS rank
           FROM cause JOIN waypost.placements placement ON placement.partner_key = cause.key
          WHERE cause.kind = 'PARTNER' AND placement.partner_key = ANY (partner_keys) AND placement.retired_at IS NULL
         UNION ALL
         SELECT link.article_id, 'TAG', cause.slug, NULL, 2
           FROM cause JOIN waypost.article_tags link
             ON link.tag_id = CASE WHEN cause.kind = 'TAG' THEN cause.key::uuid END
          WHERE link.tag_id = ANY (tag_ids)
         UNION ALL
         -- Of an article that lost its link to a tag that is gone only the loss is left.
         SELECT id, 'TAG', (SELECT min(slug) FROM cause WHERE kind = 'TAG'), NULL, 3
           FROM unnest(noted) AS id WHERE cardinality(tag_ids) > 0
         UNION ALL
         SELECT id, 'ARTICLE', NULL, NULL, 4 FROM unnest(noted) AS id) AS each
        ORDER BY id, rank
     ), moved AS MATERIALIZED (
       SELECT shown.article_id, shown.hash, before.hash IS NULL AS is_new, candidate.kind, candidate.key, candidate.moment,
              (SELECT kept.revision FROM waypost.article_revisions kept
                WHERE kept.article_id = article.id AND kept.revision = article.revision) IS NULL AS is_saved
         FROM waypost.hash_shown(ids, as_of) AS shown
         JOIN candidate ON candidate.id = shown.article_id
         JOIN waypost.articles article ON article.id = shown.article_id AND article.id = ANY (ids)
         LEFT JOIN waypost.shown_contents before ON before.article_id = shown.article_id AND before.article_id = ANY (ids)
        WHERE before.hash IS DISTINCT FROM shown.hash
     )
     SELECT coalesce(array_agg(ROW (
              article_id, hash, is_new, is_saved, CASE WHEN is_saved THEN 'ARTICLE' ELSE kind END,
              CASE WHEN NOT is_saved THEN key END, CASE WHEN NOT is_saved THEN moment END)::waypost.content_move
              ORDER BY article_id), '{}')
       FROM moved);
   END $$`,

  // A tag that is renamed, merged or gone is a save of its articles, but no new revision: nobody edited them. A link that
  // somebody wrote by hand is one.
  // What follows from a change that the audit log tells is not told again for each article, nor looked at: that alone
  // would take seconds for 10,000 of them.
  `CREATE FUNCTION waypost.apply_moves(moves waypost.content_move[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   DECLARE
     ids    uuid[] := ARRAY(SELECT move.article_id FROM unnest(moves) AS move WHERE NOT move.is_new);
     origin text := coalesce(current_setting('waypost.origin', true), '');
   BEGIN
     PERFORM set_config('waypost.origin',
                        (coalesce(nullif(origin, ''), '{}')::jsonb || '{"isSummarised": true}')::text, true);
     UPDATE waypost.articles AS article
        SET content_updated_at = CASE WHEN move.is_saved THEN article.updated_at
                                      WHEN move.moment IS NULL THEN as_of
                                      ELSE greatest(move.moment, article.content_updated_at) END,
            content_change_cause_kind = move.cause_kind, content_change_cause_key = move.cause_key,
            updated_at = CASE WHEN NOT move.is_saved AND move.cause_kind IN ('TAG', 'ARTICLE') THEN as_of
                              ELSE article.updated_at END,
            revision = article.revision + CASE WHEN NOT move.is_saved AND move.cause_kind = 'ARTICLE' THEN 1 ELSE 0 END
       FROM unnest(moves) AS move
      WHERE article.id = move.article_id AND article.id = ANY (ids);
     PERFORM set_config('waypost.origin', origin, true);
     INSERT INTO waypost.shown_contents AS told (article_id, hash) SELECT article_id, hash FROM unnest(moves)
     ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash;
   END $$`,

  definer(
    'apply_contents()',
    'trigger',
    `
   DECLARE
     as_of   timestamptz;
     awaited text[];
     noted   uuid[];
     caused  uuid[];
     gone    uuid[];
   BEGIN
     PERFORM pg_advisory_xact_lock_shared(CASE kind WHEN 'PARTNER' THEN ${PARTNER_LOCK} ELSE ${TAG_LOCK} END,
                                          hashtext(key))
        FROM (SELECT * FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND is_awaited
               ORDER BY kind, key) AS cause;
     as_of := clock_timestamp();
     awaited := ARRAY(SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER ' ELSE 'SHOWN_TAG ' END || key FROM waypost.content_causes
                       WHERE transaction_id = pg_current_xact_id() AND is_awaited);
     -- Before anything is looked at: a wish that comes later stays for the next one.
     DELETE FROM waypost.due_moments
      WHERE kind IN ('PARTNER', 'SHOWN_TAG') AND at <= as_of AND kind || ' ' || split_part(key, ' ', 1) = ANY (awaited);
     PERFORM waypost.move_scheduled(as_of);
     noted := ARRAY(SELECT entity_id FROM waypost.change_notes
                     WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NULL);
     caused := waypost.articles_that_show(waypost.cause_keys('PARTNER'), waypost.cause_keys('TAG')::uuid[]);
     PERFORM waypost.hold_shown(noted, as_of);
     -- In the order of ids, so that two of these cannot deadlock; and before they are looked at: who is saving one of them
     -- commits first, and the next statement sees it. Those that this transaction saved it has locked already.
     PERFORM FROM waypost.articles WHERE id = ANY (noted || caused) ORDER BY id FOR NO KEY UPDATE;
     PERFORM waypost.apply_moves(waypost.find_moves(noted, caused, as_of), as_of);
     gone := waypost.without_article(noted);
     DELETE FROM waypost.shown_contents WHERE article_id = ANY (gone);
     PERFORM waypost.set_partner_moments(ARRAY(SELECT key FROM waypost.content_causes
       WHERE transaction_id = pg_current_xact_id() AND kind = 'PARTNER' AND is_awaited));
     DELETE FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id();
     RETURN NULL;
   END`,
    ANY_SIZE,
  ),
];

/** Columns that a person writes, in an article and in a revision of it. */
const WRITTEN = `path locale slug title description canonical_url file source source_line is_trusted params status
  published_at expires_at`.split(/\s+/);

const TAG_NAMES = `ARRAY(SELECT (SELECT tag.name FROM waypost.tags tag WHERE tag.id = link.tag_id)
                     FROM waypost.article_tags link WHERE link.article_id = article.id ORDER BY link.position)`;

const REVISIONS = [
  // Who writes these columns by hand need not know of revisions.
  definer(
    'revise_article()',
    'trigger',
    `BEGIN
       IF NEW.revision = OLD.revision THEN
         NEW.revision := OLD.revision + 1;
         NEW.revised_by := NULL;
       END IF;
       IF NEW.updated_at = OLD.updated_at THEN NEW.updated_at := clock_timestamp(); END IF;
       IF NEW.first_published_at IS NULL AND NEW.status = 'published' THEN NEW.first_published_at := NEW.published_at; END IF;
       RETURN NEW;
     END`,
  ),
  definer(
    'keep_revisions()',
    'trigger',
    `
   DECLARE
     noted uuid[] := waypost.noted_articles();
     gone  uuid[] := waypost.without_article(noted);
   BEGIN
     INSERT INTO waypost.article_revisions (article_id, revision, at, author, ${WRITTEN.join(', ')}, tags)
     SELECT article.id, article.revision, article.updated_at, article.revised_by,
            ${WRITTEN.map((column) => `article.${column}`).join(', ')}, ${TAG_NAMES}
       FROM waypost.articles article
      WHERE article.id = ANY (noted)
        AND (SELECT kept.revision FROM waypost.article_revisions kept
              WHERE kept.article_id = article.id AND kept.revision = article.revision) IS NULL
     ON CONFLICT DO NOTHING;
     DELETE FROM waypost.article_revisions WHERE article_id = ANY (gone);
     RETURN NULL;
   END`,
    ANY_SIZE,
  ),
];

const statementTrigger = (name: string, event: string, table: string, tables: string, run: string) =>
  `CREATE TRIGGER ${name} AFTER ${event} ON waypost.${table} REFERENCING ${tables}
   FOR EACH STATEMENT EXECUTE FUNCTION waypost.${run}()`;

const rowOf = (row: string) => WRITTEN.map((column) => `${row}.${column}`).join(', ');

const TRIGGERS = [
  statementTrigger('cause_inserted', 'INSERT', 'partners', 'NEW TABLE AS rows_after', 'cause_partners_inserted'),
  statementTrigger(
    'cause_updated',
    'UPDATE',
    'partners',
    'OLD TABLE AS rows_before NEW TABLE AS rows_after',
    'cause_partners_updated',
  ),
  statementTrigger('cause_deleted', 'DELETE', 'partners', 'OLD TABLE AS rows_before', 'cause_partners_deleted'),
  `CREATE TRIGGER cause_truncated BEFORE TRUNCATE ON waypost.partners
   FOR EACH STATEMENT EXECUTE FUNCTION waypost.cause_partners_truncated()`,
  statementTrigger(
    'cause_updated',
    'UPDATE',
    'tags',
    'OLD TABLE AS rows_before NEW TABLE AS rows_after',
    'cause_tags_updated',
  ),
  statementTrigger('cause_deleted', 'DELETE', 'tags', 'OLD TABLE AS rows_before', 'cause_tags_deleted'),
  `CREATE TRIGGER revise_article BEFORE UPDATE OF ${WRITTEN.join(', ')} ON waypost.articles FOR EACH ROW
   WHEN ((OLD.revision = NEW.revision OR OLD.updated_at = NEW.updated_at)
         AND (${rowOf('OLD')}) IS DISTINCT FROM (${rowOf('NEW')}))
   EXECUTE FUNCTION waypost.revise_article()`,
  // Triggers of one event run in the order of their names, and "log_changes" is to be the last.
  ...['apply_contents', 'keep_revisions'].map(
    (name) => `CREATE CONSTRAINT TRIGGER ${name} AFTER INSERT ON waypost.change_markers
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION waypost.${name}()`,
  ),
];

/** What is there counts as shown. Nothing is told: `content_updated_at` stays. */
const BACKFILL = [
  `ALTER FUNCTION waypost.note_articles_updated() ${NO_NESTED_LOOP}`,
  `INSERT INTO waypost.shown_contents
   SELECT * FROM waypost.hash_shown(ARRAY(SELECT id FROM waypost.articles), now())`,
  `SELECT waypost.set_partner_moments(ARRAY(SELECT key FROM waypost.partners))`,
  `INSERT INTO waypost.article_revisions (article_id, revision, at, ${WRITTEN.join(', ')}, tags)
   SELECT id, revision, updated_at, ${WRITTEN.join(', ')},
          ${TAG_NAMES}
     FROM waypost.articles article`,
];

const TRIGGER_NAMES = [
  ['apply_contents', 'change_markers'],
  ['keep_revisions', 'change_markers'],
  ['revise_article', 'articles'],
  ['cause_inserted', 'partners'],
  ['cause_updated', 'partners'],
  ['cause_deleted', 'partners'],
  ['cause_truncated', 'partners'],
  ['cause_updated', 'tags'],
  ['cause_deleted', 'tags'],
] as const;

const FUNCTION_NAMES = [
  'apply_contents()',
  'keep_revisions()',
  'revise_article()',
  'apply_moves(waypost.content_move[], timestamptz)',
  'find_moves(uuid[], uuid[], timestamptz)',
  'move_scheduled(timestamptz)',
  'hold_shown(uuid[], timestamptz)',
  'hash_shown(uuid[], timestamptz)',
  'note_due_causes()',
  'articles_that_show(text[], uuid[])',
  'cause_keys(text)',
  'without_article(uuid[])',
  'noted_articles()',
  'cause_partners_inserted()',
  'cause_partners_updated()',
  'cause_partners_deleted()',
  'cause_partners_truncated()',
  'cause_tags_updated()',
  'cause_tags_deleted()',
  'set_partner_moments(text[])',
];
