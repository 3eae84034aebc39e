import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A date of a partner that changes nothing yet moves no article, so that no commit announced it: whoever waits for the next
 * moment learned of it half a minute later, although the moment may have come before.
 */
export class AnnounceMomentsOfPartners1764000000218 implements MigrationInterface {
  readonly name = 'AnnounceMomentsOfPartners1764000000218';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(setMoments(true));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(setMoments(false));
  }
}

// Unsure also where the moment stays: paused before its start a partner is not linked then, and nothing else would tell.
const setMoments = (announces: boolean): string => `
  CREATE OR REPLACE FUNCTION waypost.set_partner_moments_after(keys text[], as_of timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    INSERT INTO waypost.due_moments (kind, key, at)
    SELECT 'UNSURE_PARTNER', key || ' ' || pg_current_xact_id(), at FROM waypost.due_moments
     WHERE kind = 'PARTNER' AND key = ANY (keys)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      PERFORM pg_notify('waypost_changes', '');
    END IF;
    DELETE FROM waypost.due_moments WHERE kind = 'PARTNER' AND key = ANY (keys);
    INSERT INTO waypost.due_moments (kind, key, at)
    SELECT 'PARTNER', key, least(CASE WHEN starts_at > as_of THEN starts_at END, CASE WHEN expires_at > as_of THEN expires_at END)
      FROM waypost.partners
     WHERE key = ANY (keys) AND (starts_at > as_of OR expires_at > as_of)
    ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at;${
      announces
        ? `
    IF FOUND THEN
      PERFORM pg_notify('waypost_changes', '');
    END IF;`
        : ''
    }
  END $$`;
