import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the processes of a run write what they overhear; unset where nobody listens. */
export const OVERHEARD_FOLDER = 'WAYPOST_TEST_OVERHEARD';

/** `log`: a line that a server wrote; `answer`: an error that left it. */
type Overheard = 'log' | 'answer';

export function overhear(kind: Overheard, text: string): void {
  const folder = process.env[OVERHEARD_FOLDER];
  if (folder !== undefined) appendFileSync(join(folder, `${kind}-${process.pid}`), `${text.trimEnd()}\n`);
}

const SECRETS: Readonly<Record<string, RegExp>> = {
  'a token': /wp[a-z]_[A-Za-z0-9_-]{11,}|test-admin-token-with-every-scope|must-not-be-seen-anywhere/,
  'the secret of a session or a link': /(?<![\w-])[\w-]{43}(?![\w-])|waypost_session=/,
  'a password': /correct horse battery|another long password|\$argon2|:\/\/[^\s/"@]+:[^\s/"@]+@/,
  // Callers of these tests come from the networks that RFC 5737 keeps for examples.
  'an address': /(?<![\d.])(?:198\.51\.100|203\.0\.113|192\.0\.2)\.\d{1,3}(?![\d.])/,
  'a stack': /(?:\n|\\n)\s*at |node_modules|\.[jt]s:\d+|file:\/\//,
};

/** A log names folders to the operator, who chose them; an answer goes to anybody. */
const SECRETS_OF_ANSWERS: Readonly<Record<string, RegExp>> = {
  ...SECRETS,
  'a path of the machine': /\/(?:home|root|tmp)\//,
};

/** @returns what stands in this that must not, such as "a token: ...". */
export function secretsIn(text: string, kind: Overheard): string[] {
  const secrets = kind === 'answer' ? SECRETS_OF_ANSWERS : SECRETS;
  return text.split('\n').flatMap((line) =>
    Object.entries(secrets).flatMap(([what, pattern]) => {
      const found = pattern.exec(line);
      return found ? [`${what}: ${line.slice(Math.max(0, found.index - 200), found.index + 200)}`] : [];
    }),
  );
}
