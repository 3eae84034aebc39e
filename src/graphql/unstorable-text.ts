import type { UserProblem } from '../kernel/errors.js';

/**
 * Finds texts in an input that Postgres cannot keep as they are: with U+0000, which it refuses, or half of a surrogate
 * pair, which would become U+FFFD without a word. Keys of JSON objects count, too.
 *
 * @param name of the input, with which each path begins, such as `input.tags.0`.
 */
export function unstorableTexts(input: unknown, name: string): UserProblem[] {
  const problems: UserProblem[] = [];
  // A list of what is left instead of recursion: JSON may be nested deeper than the stack.
  const left: [field: string, value: unknown][] = [[name, input]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [field, value] = next;
    if (typeof value === 'string') problems.push(...textProblems(value, field));
    else if (isTree(value)) {
      const keys = Array.isArray(value) ? [] : Object.keys(value);
      problems.push(...keys.flatMap((key) => textProblems(key, field)));
      left.push(...Object.entries(value).map(([key, below]): [string, unknown] => [`${field}.${key}`, below]));
    }
  }
  return problems;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

function textProblems(text: string, field: string): UserProblem[] {
  const place = text.search(/\0|\p{Surrogate}/u);
  if (place < 0) return [];
  const what = text[place] === '\0' ? 'the character U+0000' : 'half of a surrogate pair';
  const label = field.slice(field.indexOf('.') + 1);
  const message = `${label} has ${what} at character ${place + 1}, which cannot be stored. Leave it out.`;
  return [{ code: 'TEXT_NOT_STORABLE', message, field }];
}
