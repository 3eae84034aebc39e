import { existsSync, readFileSync, statSync } from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The user that Postgres runs as; undefined: the user of this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root. A number without an entry in /etc/passwd would keep it apart from everyone, but
 * initdb looks itself up by name and gives up.
 */
const ACCOUNT_NAMES = ['waypost', 'postgres', '_postgres', 'nobody'];

/** An existing cluster keeps its owner, so that a new account on the machine does not lock it out. */
export function chooseAccount(clusterDirectory: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(clusterDirectory, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = findAccount(existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '');
  if (account !== undefined) return account;
  throw new EmbeddedPostgresError(
    'NO_ACCOUNT',
    'Postgres does not run as root, and /etc/passwd has no user waypost, postgres or nobody to run it as. ' +
      'Add one, start Waypost as another user, or set DATABASE_URL.',
  );
}

/** The first of `ACCOUNT_NAMES` in the text of /etc/passwd. macOS has `_postgres`; its nobody, -2, cannot own files. */
export function findAccount(passwd: string): Account | undefined {
  const entries = passwd.split('\n').map((line) => line.split(':'));
  for (const name of ACCOUNT_NAMES) {
    const [, , uid, gid] = entries.find((fields) => fields[0] === name) ?? [];
    if (uid === undefined || gid === undefined || !(Number(uid) > 0)) continue;
    return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
