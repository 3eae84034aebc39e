import { FrontMatterSyntaxError } from './diagnostic.js';

/** The form in which Hugo reports what go-toml says. */
export function tomlError(problem: string, offset: number): FrontMatterSyntaxError {
  return new FrontMatterSyntaxError(`unmarshal failed: toml: ${problem}`, { offset, hint: hintFor(problem) });
}

const HINTS: readonly (readonly [problem: RegExp, hint: string])[] = [
  [/^expected character =/, 'Write `key = value`, one to a line.'],
  [/^(incomplete number|expected '(true|false|inf|nan)'|unexpected character)/, 'Put text in quotes: `key = "value"`.'],
  [
    /newlines?|not terminated|unterminated|new lines/,
    'Close the string on its own line, or use `"""` for several lines.',
  ],
  [/^expected newline/, 'Write one `key = value` to a line.'],
  [/escape|unicode point|non-hex/, "Double the backslash, or use single quotes: `'C:\\path'`."],
  [/start of key/, 'A key is made of letters, digits, `-` and `_`; quote any other.'],
  [/already|redefine|to be a table|be an array/, 'Write each key once.'],
  [
    /date|digit|times? |hour|minutes|seconds|timezone/,
    'Write dates as 2024-01-31 or 2024-01-31T12:00:00Z, or put them in quotes.',
  ],
  [/array|comma/, 'Separate the elements of an array with commas and close it with `]`.'],
  [/inline table/, 'Close the inline table with `}` on the same line.'],
  [/number|float|zero/, 'Put the value in quotes if it is no number.'],
  [/windows new line/, 'End lines with LF or CRLF.'],
];

function hintFor(problem: string): string {
  return HINTS.find(([pattern]) => pattern.test(problem))?.[1] ?? 'See https://toml.io for how to write it.';
}
