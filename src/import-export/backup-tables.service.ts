import type pg from 'pg';
import type { BackupEnd, BackupPartition, BackupTable } from './backup-format.js';

/** Never part of a backup, and why. Tables that are not named here are, whoever made them. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  click_salts: 'they make the hashes of visitors, and are forgotten after their day',
  sessions: 'who is signed in here is not signed in elsewhere',
  sign_in_links: 'as sessions: each signs somebody in',
  sign_in_failures: 'counts of attempts, of minutes ago',
  link_changes: 'counts transactions of one Postgres; a restore tells every node to read all links',
  idempotency_keys: 'answers kept for whoever sends a request again, for a day',
  change_notes: 'lives within one transaction',
  change_markers: 'lives within one transaction',
  content_causes: 'lives within one transaction',
  migrations: 'stand in the head of the file',
};

/** Fixes how values are written, whatever the server and its user are set to. */
export const COPY_SETTINGS = [
  `SET LOCAL client_encoding = 'UTF8'`,
  `SET LOCAL datestyle = 'ISO, YMD'`,
  `SET LOCAL intervalstyle = 'iso_8601'`,
  `SET LOCAL timezone = 'UTC'`,
  `SET LOCAL extra_float_digits = 1`,
  `SET LOCAL bytea_output = 'hex'`,
  // Else a large table is read from wherever another reader is, and the same rows have another checksum.
  `SET LOCAL synchronize_seqscans = off`,
  `SET LOCAL statement_timeout = 0`,
  `SET LOCAL idle_in_transaction_session_timeout = 0`,
];

/** What a backup holds of this database, in an order in which rows never refer to a table that comes later. */
export async function findTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT class.relname AS name, array_agg(attribute.attname::text ORDER BY attribute.attnum) AS columns
       FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
      WHERE class.relnamespace = to_regnamespace('waypost') AND class.relkind IN ('r', 'p')
        AND NOT class.relispartition
        AND attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attgenerated = ''
      GROUP BY class.oid, class.relname ORDER BY class.relname`,
  );
  const tables = rows.filter(({ name }) => !Object.hasOwn(LEFT_OUT, name));
  return inOrderOfReferences(tables, await findReferences(client));
}

async function findReferences(client: pg.ClientBase): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { rows } = await client.query<{ from: string; to: string }>(
    `SELECT referring.relname AS "from", referred.relname AS "to" FROM pg_constraint
       JOIN pg_class referring ON referring.oid = conrelid JOIN pg_class referred ON referred.oid = confrelid
      WHERE contype = 'f' AND connamespace = to_regnamespace('waypost') AND conrelid <> confrelid`,
  );
  const references = new Map<string, Set<string>>();
  for (const { from, to } of rows) references.set(from, (references.get(from) ?? new Set()).add(to));
  return references;
}

function inOrderOfReferences(
  tables: readonly BackupTable[],
  references: ReadonlyMap<string, ReadonlySet<string>>,
): BackupTable[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const ordered = new Set<BackupTable>();
  const visit = (table: BackupTable, above: readonly string[]): void => {
    if (above.includes(table.name)) return;
    for (const name of references.get(table.name) ?? []) {
      const referred = byName.get(name);
      if (referred) visit(referred, [...above, table.name]);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table, []);
  return [...ordered];
}

export async function findPartitions(client: pg.ClientBase): Promise<BackupPartition[]> {
  const { rows } = await client.query<BackupPartition>(
    `SELECT parent.relname AS "table", child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
      WHERE child.relispartition AND child.relkind = 'r' AND child.relnamespace = to_regnamespace('waypost')
      ORDER BY child.relname`,
  );
  return rows;
}

export async function findSequences(client: pg.ClientBase): Promise<BackupEnd['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace('waypost') AND relkind = 'S' ORDER BY 1`,
  );
  const found: { name: string; value: string; isCalled: boolean }[] = [];
  for (const { name } of rows.filter((row) => !row.name.startsWith('migrations_'))) {
    const { rows: values } = await client.query<{ value: string; isCalled: boolean }>(
      `SELECT last_value::text AS value, is_called AS "isCalled" FROM waypost.${quoted(name)}`,
    );
    if (values[0]) found.push({ name, ...values[0] });
  }
  return found;
}

/** Names of the migrations that ran; undefined where Waypost has no tables. */
export async function findMigrations(client: pg.ClientBase): Promise<string[] | undefined> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('waypost.migrations') IS NOT NULL AS there`,
  );
  if (!rows[0]?.there) return undefined;
  const ran = await client.query<{ name: string }>(`SELECT name FROM waypost.migrations ORDER BY id`);
  return ran.rows.length === 0 ? undefined : ran.rows.map(({ name }) => name);
}

/** An identifier as SQL has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
