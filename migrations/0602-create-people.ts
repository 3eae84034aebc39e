import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * People who sign in, and their sessions. Of every secret only a hash is kept: argon2id of a password, SHA-256 of what is
 * random. Addresses are not kept at all.
 */
export class CreatePeople1764000000602 implements MigrationInterface {
  readonly name = 'CreatePeople1764000000602';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.people (
        id                  uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        login               text           NOT NULL,
        name                text           NOT NULL,
        role                text           NOT NULL,
        password_hash       text,
        password_changed_at timestamptz(3),
        disabled_at         timestamptz(3),
        created_at          timestamptz(3) NOT NULL DEFAULT now(),
        updated_at          timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT people_login_unique UNIQUE (login),
        CONSTRAINT people_role_known CHECK (role IN ('editor', 'affiliate_manager', 'administrator'))
      )`);
    await runner.query(`CREATE INDEX people_in_order ON waypost.people (created_at DESC, id DESC)`);
    await runner.query(`
      CREATE TABLE waypost.sessions (
        id           uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        person_id    uuid           NOT NULL REFERENCES waypost.people (id) ON DELETE CASCADE,
        hash         bytea          NOT NULL,
        by_link      boolean        NOT NULL,
        created_at   timestamptz(3) NOT NULL DEFAULT now(),
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at   timestamptz(3) NOT NULL,
        CONSTRAINT sessions_hash_unique UNIQUE (hash)
      )`);
    await runner.query(`CREATE INDEX sessions_by_person ON waypost.sessions (person_id)`);
    await runner.query(`CREATE INDEX sessions_by_end ON waypost.sessions (expires_at)`);
    await runner.query(`
      CREATE TABLE waypost.sign_in_links (
        hash       bytea          PRIMARY KEY,
        person_id  uuid           NOT NULL REFERENCES waypost.people (id) ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL
      )`);
    // By the hash of what was typed, whether there is such an account or not, so that both are slowed alike.
    await runner.query(`
      CREATE TABLE waypost.sign_in_failures (
        account_hash bytea          PRIMARY KEY,
        failures     integer        NOT NULL,
        last_at      timestamptz(3) NOT NULL
      )`);
    await audit(runner, 'people', ['person', 'login', 'updated_at', 'password_hash']);
    await audit(runner, 'sign_in_links', ['signInLink', 'person_id', 'hash']);
    await audit(runner, 'sessions', ['session', 'person_id', 'hash', 'last_seen_at']);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sign_in_failures', 'sign_in_links', 'sessions', 'people']) {
      await runner.query(`DROP TABLE waypost.${table}`);
    }
  }
}

function audit(runner: QueryRunner, table: string, parameters: readonly string[]): Promise<unknown> {
  return runner.query(`
    CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON waypost.${table}
    FOR EACH ROW EXECUTE FUNCTION waypost.audit_change(${parameters.map((one) => `'${one}'`).join(', ')})`);
}
