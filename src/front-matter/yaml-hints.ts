/** What to write instead, for the errors of YAML that people meet. The first that fits is said. */
const HINTS: readonly (readonly [problem: RegExp, hint: string])[] = [
  [
    /mapping values are not allowed/,
    'Put text with a colon in quotes: `title: "Part 1: the start"`, and start every key at the same column.',
  ],
  [/could not find expected ':'/, 'Write `key: value`, with a space after the colon.'],
  [/did not find expected key/, 'Start every key at the same column, and close quotes only at the end of the value.'],
  [/unexpected end of stream/, 'Close the quote.'],
  [
    /found a tab character|cannot start any token/,
    'Indent with spaces, and put text that starts with @, `, % or a tab in quotes.',
  ],
  [/expected ',' or/, 'Close the bracket, and separate what is inside with commas.'],
  [/block sequence entries/, 'Start a list on the line below its key, or write `key: [a, b]`.'],
  [/mapping keys are not allowed/, 'Put text that starts with `? ` in quotes.'],
  [/unknown anchor|alphabetic or numeric/, 'Put text that starts with `*` or `&` in quotes.'],
  [/escape|hexdecimal/, "Double the backslash, or use single quotes: `'C:\\path'`."],
  [/cannot unmarshal/, 'Write front matter as `key: value` lines, with a space after each colon.'],
  [/merge/, '`<<` takes an alias of a map, or a list of them.'],
  [/directive/, 'Put text that starts with % in quotes.'],
  [/control characters/, 'Remove the invisible character.'],
  [/cannot decode|tag|base64/, 'Take the `!` tag away, or put the text in quotes.'],
  [/node content/, 'Put the value in quotes.'],
  [/alias|contains itself/, 'Write the values out instead of repeating them with aliases.'],
];

export function hintForYaml(problem: string): string {
  return HINTS.find(([pattern]) => pattern.test(problem))?.[1] ?? 'Put the value in quotes if it is text.';
}
