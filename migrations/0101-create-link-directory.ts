import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Targets of partners, and how every node learns of a change to the link directory within a second. */
export class CreateLinkDirectory1764000000101 implements MigrationInterface {
  readonly name = 'CreateLinkDirectory1764000000101';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.partner_targets (
        partner_key     text           NOT NULL,
        key             text           NOT NULL,
        rank            integer        NOT NULL DEFAULT 0,
        weight          integer        NOT NULL DEFAULT 1,
        destination_url text           NOT NULL,
        network         text           NOT NULL,
        sub_id_template text,
        countries       text[],
        devices         text[],
        languages       text[],
        starts_at       timestamptz(3),
        ends_at         timestamptz(3),
        PRIMARY KEY (partner_key, key),
        CONSTRAINT partner_targets_partner FOREIGN KEY (partner_key) REFERENCES waypost.partners (key)
          ON UPDATE CASCADE ON DELETE CASCADE,
        CONSTRAINT partner_targets_weight_positive CHECK (weight > 0)
      )`);

    // Who reads it compares transaction snapshots: a row whose transaction was not visible then and is now is news. That misses nothing, whatever the
    // order of commits, and takes no lock. A row without a name says that everything may have changed.
    await runner.query(`
      CREATE TABLE waypost.link_changes (
        xid          xid8           NOT NULL DEFAULT pg_current_xact_id(),
        partner_key  text,
        placement_id text,
        at           timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX link_changes_xid ON waypost.link_changes (xid)`);

    await this.noteRows(runner, 'partners', 'partner_key', 'key');
    await this.noteRows(runner, 'partner_targets', 'partner_key', 'partner_key');
    await this.noteRows(runner, 'placements', 'placement_id', 'id');
  }

  /** Statement triggers, so that an import of 10,000 articles costs one insert; TRUNCATE is seen too. */
  private async noteRows(runner: QueryRunner, table: string, column: string, key: string): Promise<void> {
    const note = (rows: string): string => `
      INSERT INTO waypost.link_changes (${column}) SELECT DISTINCT ${key} FROM ${rows};`;
    const functions = {
      insert: note('new_rows'),
      update: note(`(SELECT ${key} FROM new_rows UNION SELECT ${key} FROM old_rows) AS changed`),
      delete: note('old_rows'),
      truncate: `INSERT INTO waypost.link_changes DEFAULT VALUES;`,
    };
    const references = {
      insert: 'REFERENCING NEW TABLE AS new_rows',
      update: 'REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows',
      delete: 'REFERENCING OLD TABLE AS old_rows',
      truncate: '',
    };
    for (const event of ['insert', 'update', 'delete', 'truncate'] as const) {
      const name = `note_${table}_${event}`;
      // The notice is a hint without data: any role may send one, so that nobody believes what it says.
      await runner.query(`
        CREATE FUNCTION waypost.${name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN ${functions[event]}
          IF FOUND THEN PERFORM pg_notify('waypost_links', ''); END IF;
          RETURN NULL;
        END $$`);
      await runner.query(`
        CREATE TRIGGER ${name} AFTER ${event.toUpperCase()} ON waypost.${table} ${references[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION waypost.${name}()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['partners', 'partner_targets', 'placements']) {
      for (const event of ['insert', 'update', 'delete', 'truncate']) {
        await runner.query(`DROP FUNCTION waypost.note_${table}_${event}() CASCADE`);
      }
    }
    await runner.query(`DROP TABLE waypost.link_changes`);
    await runner.query(`DROP TABLE waypost.partner_targets`);
  }
}
