import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Makes functions again as these migrations made them, the last of them counting: what takes back a later migration that
 * replaced them.
 * @param names with their opening bracket, such as `hash_shown(`.
 */
export async function restoreFunctions(
  runner: QueryRunner,
  names: readonly string[],
  migrations: readonly MigrationInterface[],
): Promise<void> {
  const made: string[] = [];
  const collector = { query: (statement: string) => Promise.resolve(made.push(statement)) } as unknown as QueryRunner;
  for (const migration of migrations) await migration.up(collector);
  for (const name of names) {
    const former = made.findLast((one) => /CREATE (OR REPLACE )?FUNCTION waypost\.(\w+\()/.exec(one)?.[2] === name);
    if (former === undefined) throw new Error(`No migration before makes waypost.${name}).`);
    await runner.query(former.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
  }
}
