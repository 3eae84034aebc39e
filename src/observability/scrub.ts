/** What must not stand in a log, and what stands there in its place. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(wp[a-z]_[A-Za-z0-9_-]{6})[A-Za-z0-9_-]+/g, '$1[...]'],
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, '$1 [...]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, '$1[...]@'],
  [/("?(?:password|secret|token|cookie|authorization)"?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;}]+)/gi, '$1[...]'],
  [/(\/go\/[^\s?#"']*)\?[^\s"']*/g, '$1?[...]'],
];

/** Ours never are there; this is for the words of others, such as an error that quotes what it was given. */
export function scrub(text: string): string {
  return SECRETS.reduce((clean, [secret, replacement]) => clean.replaceAll(secret, replacement), text);
}
