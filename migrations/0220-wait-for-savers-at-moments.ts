import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TellOfUnsureMoments1764000000215 } from './0215-tell-of-unsure-moments.js';

/**
 * Who saves an article looks at the clock before its commit ends, and holds the partners that it shows, shared. Who applied a
 * partner's date held them shared, too: so, between that look and the end of the commit, the date was applied to the articles
 * that were there, and forgotten; and the article that was being saved showed, without a word in the feed, what it
 * showed before the date.
 *
 * A date that comes is a change of the partner like any other. Who applies it now waits for those who are saving, and has
 * those look again who save meanwhile. Who only looks again still keeps nobody waiting, and leaves dates alone.
 */
export class WaitForSaversAtMoments1764000000220 implements MigrationInterface {
  readonly name = 'WaitForSaversAtMoments1764000000220';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPLY_CONTENTS);
    // What was missed is told of once.
    await runner.query(
      `INSERT INTO waypost.due_moments (kind, key, at)
       SELECT 'CONTENTS', pg_current_xact_id()::text, clock_timestamp() WHERE EXISTS (SELECT FROM waypost.articles)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(await formerApplyContents());
  }
}

/** The function as the migration before made it. */
async function formerApplyContents(): Promise<string> {
  const made: string[] = [];
  const collector = { query: (statement: string) => Promise.resolve(made.push(statement)) } as unknown as QueryRunner;
  await new TellOfUnsureMoments1764000000215().up(collector);
  const former = made.find((statement) => statement.includes('FUNCTION waypost.apply_contents()'));
  if (former === undefined) throw new Error('No migration before makes waypost.apply_contents().');
  return former;
}

/** Of migration 0210: who changes a partner or tag, against who saves an article that shows it. */
const PARTNER_LOCK = 814_720_317;
const TAG_LOCK = 814_720_318;

const APPLY_CONTENTS = `
  CREATE OR REPLACE FUNCTION waypost.apply_contents() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off AS $$
  DECLARE
    as_of   timestamptz;
    awaited text[];
    dated   text[];
    noted   uuid[];
    caused  uuid[];
    gone    uuid[];
  BEGIN
    -- Only a date of a partner has a moment. Who saves an article that shows it waits for none of these.
    PERFORM CASE
              WHEN moment IS NOT NULL THEN pg_advisory_xact_lock(${PARTNER_LOCK}, hashtext(key))
              WHEN kind = 'PARTNER' THEN pg_advisory_xact_lock_shared(${PARTNER_LOCK}, hashtext(key))
              ELSE pg_advisory_xact_lock_shared(${TAG_LOCK}, hashtext(key))
            END
       FROM (SELECT * FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND is_awaited
              ORDER BY kind, key) AS cause;
    as_of := clock_timestamp();
    awaited := ARRAY(SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER ' ELSE 'SHOWN_TAG ' END || key FROM waypost.content_causes
                      WHERE transaction_id = pg_current_xact_id() AND is_awaited);
    dated := ARRAY(SELECT key FROM waypost.content_causes
                    WHERE transaction_id = pg_current_xact_id() AND is_awaited AND moment IS NOT NULL);
    -- Before anything is looked at: a wish that comes later stays for the next one. So does a date that came since,
    -- for which nobody waited.
    DELETE FROM waypost.due_moments
     WHERE kind IN ('PARTNER', 'SHOWN_TAG') AND at <= as_of AND kind || ' ' || split_part(key, ' ', 1) = ANY (awaited)
       AND (key LIKE '% %' OR key = ANY (dated));
    PERFORM waypost.move_scheduled(as_of);
    noted := ARRAY(SELECT entity_id FROM waypost.change_notes
                    WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NULL);
    caused := waypost.articles_that_show(waypost.cause_keys('PARTNER'), waypost.cause_keys('TAG')::uuid[]);
    PERFORM waypost.hold_shown(noted, as_of);
    -- In the order of ids, so that two of these cannot deadlock; and before they are looked at: who is saving one of them
    -- commits first, and the next statement sees it. Those that this transaction saved it has locked already.
    PERFORM FROM waypost.articles WHERE id = ANY (noted || caused) ORDER BY id FOR NO KEY UPDATE;
    -- By the clock after the wait: what partners are by now was looked at by nobody before.
    PERFORM waypost.apply_moves(waypost.find_moves(noted, caused, clock_timestamp()), clock_timestamp());
    gone := waypost.without_article(noted);
    DELETE FROM waypost.shown_contents WHERE article_id = ANY (gone);
    PERFORM waypost.set_partner_moments_after(dated, as_of);
    DELETE FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id();
    RETURN NULL;
  END $$`;
