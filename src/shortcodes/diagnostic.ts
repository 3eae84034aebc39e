import type { SourcePosition } from './source-position.js';

export type Severity = 'error' | 'warning' | 'info';

/** Something an author should know about a document, and where in the file it stands. */
export interface Diagnostic extends SourcePosition {
  readonly severity: Severity;
  readonly code: string;
  /** Hugo's core message, where Hugo has one. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** Everything the shortcode engine reports itself. `%s` stands for a detail. Where Hugo has a message, it is Hugo's, word for word. */
const problems = {
  'shortcode-character': {
    severity: 'error',
    message:
      'unrecognized character in shortcode action: %s. Note: Parameters with non-alphanumeric args must be quoted',
    hint: 'Put the value in double quotes, "like this", and close the call with the delimiter it was opened with.',
  },
  'shortcode-not-terminated': {
    severity: 'error',
    message: 'unclosed shortcode action',
    hint: 'End the call with >}} (or %}}); after an unquoted value write a space before it.',
  },
  'shortcode-closing-tag-not-terminated': {
    severity: 'error',
    message: 'unclosed shortcode',
    hint: 'A closing tag holds a name and nothing else, on one line: {{< /name >}}.',
  },
  'shortcode-without-name': {
    severity: 'error',
    message: 'shortcode has no name',
    hint: 'Write a name after the delimiter, or {{</* */>}} to show the delimiters as text.',
  },
  'shortcode-unknown': {
    severity: 'error',
    message: 'failed to extract shortcode: template for shortcode "%s" not found',
    hint: 'Check the name (case counts), or write {{</* … */>}} to show the call as text.',
  },
  'shortcode-named-after-positional': {
    severity: 'error',
    message: "got named parameter '%s'. Cannot mix named and positional parameters",
    hint: 'Give every parameter of the call a name, or none.',
  },
  'shortcode-positional-after-named': {
    severity: 'error',
    message: "got positional parameter '%s'. Cannot mix named and positional parameters",
    hint: 'Give every parameter of the call a name, or none; quote values that hold spaces.',
  },
  'shortcode-quoted-after-named': {
    severity: 'error',
    message: 'got quoted positional parameter. Cannot mix named and positional parameters',
    hint: 'Give every parameter of the call a name, or none.',
  },
  'shortcode-parameters-mixed': {
    severity: 'error',
    message: 'failed to extract shortcode: invalid state: invalid param type %s for shortcode "%s", expected a %s',
    hint: 'Give every parameter of the call a name, or none.',
  },
  'shortcode-string-not-terminated': {
    severity: 'error',
    message: "unterminated quoted string in shortcode parameter-argument: '%s'",
    hint: 'Close the string with " on the same line; for a text of several lines use back quotes: `…`.',
  },
  'shortcode-raw-string-not-terminated': {
    severity: 'error',
    message: "unterminated raw string in shortcode parameter-argument: '%s'",
    hint: 'Close the string with a back quote.',
  },
  'shortcode-escape': {
    severity: 'error',
    message: 'unrecognized escape character',
    hint: 'Only \\" is an escape, inside double quotes; for anything else use a raw string: `…`.',
  },
  'shortcode-comment-not-terminated': {
    severity: 'error',
    message: 'comment must be closed',
    hint: 'End the escaped call with */>}} (or */%}} when it began with {{%/*), without spaces inside.',
  },
  'shortcode-closing-tag-without-opening': {
    severity: 'error',
    message: 'got closing shortcode, but none is open',
    hint: 'Open the shortcode first, or remove the closing tag.',
  },
  'shortcode-closing-tag-mismatch': {
    severity: 'error',
    message: "closing tag for shortcode '%s' does not match start tag",
    hint: 'Close the shortcode by the name it was opened with.',
  },
  'shortcode-not-closed': {
    severity: 'error',
    message: 'failed to extract shortcode: shortcode "%s" must be closed or self-closed',
    hint: 'Write a closing tag, {{< /name >}}, or close the call itself: {{< name />}}.',
  },
  'shortcode-not-paired': {
    severity: 'error',
    message:
      'failed to extract shortcode: shortcode "%s" does not evaluate .Inner or .InnerDeindent, yet a closing tag was provided',
    hint: 'Remove the closing tag, or the slash: this shortcode takes no content.',
  },
  'shortcode-name-period': {
    severity: 'error',
    message: 'period in shortcode name only allowed for inline identifiers',
    hint: 'A name holds letters, digits, "_", "-" and "/".',
  },
  'shortcode-inline-nested': {
    severity: 'error',
    message: 'inline shortcodes do not support nesting',
    hint: 'Inline shortcodes are refused here; register a shortcode instead.',
  },
  'shortcode-inline-refused': {
    severity: 'error',
    message: 'inline shortcode "%s" refused: a document may not carry template code',
    hint: 'Register a shortcode of that name instead.',
  },
  'shortcode-nested-too-deep': {
    severity: 'error',
    message: 'shortcode "%s" is nested deeper than %s levels',
    hint: 'Nest fewer shortcodes.',
  },
  'shortcode-parameter-after-slash': {
    severity: 'warning',
    message: 'parameters after the closing slash of shortcode "%s" are ignored',
    hint: 'Move them before the slash: newer versions of Hugo refuse them.',
  },
  'shortcode-render-failed': {
    severity: 'error',
    message: 'failed to render shortcode "%s": failed to process shortcode: %s',
    hint: 'The call is left out of the page until this is mended.',
  },
  'shortcode-markdown-limit': {
    severity: 'error',
    message: 'shortcode "%s" makes the page render too much Markdown',
    hint: 'Nest fewer {{% %}} calls.',
  },
  'diagnostics-limit': {
    severity: 'warning',
    message: 'more than %s problems: the rest is not listed',
    hint: 'Mend the first ones and check again.',
  },
} as const satisfies Record<string, { severity: Severity; message: string; hint: string }>;

export type ProblemCode = keyof typeof problems;

/** A problem at an offset of the text that is read; it becomes a {@link Diagnostic} once lines are known. */
export interface Problem {
  readonly code: ProblemCode;
  readonly offset: number;
  readonly details: readonly string[];
}

/** A detail may be a whole document (an unterminated raw string); nobody reads more of it than this. */
const maxDetailLength = 1000;

export function describeProblem(code: ProblemCode, details: readonly string[]): Omit<Diagnostic, 'line' | 'column'> {
  const { severity, message, hint } = problems[code];
  let next = 0;
  const text = message.replace(/%s/g, () => shorten(details[next++] ?? ''));
  return { severity, code, message: text, hint };
}

function shorten(detail: string): string {
  return detail.length > maxDetailLength ? `${detail.slice(0, maxDetailLength)}…` : detail;
}

/** A page with more problems than this is not read as a list. It also bounds what a hostile text costs. */
const maxDiagnostics = 100;

/** Collects what is wrong with one document. */
export class Diagnostics {
  private readonly list: Diagnostic[] = [];
  private dropped: SourcePosition | undefined;

  add(diagnostic: Diagnostic): void {
    if (this.list.length < maxDiagnostics) this.list.push(diagnostic);
    else this.dropped ??= { line: diagnostic.line, column: diagnostic.column };
  }

  /** In the order of the file. */
  inOrder(): Diagnostic[] {
    const ordered = this.list.toSorted((a, b) => a.line - b.line || a.column - b.column);
    if (this.dropped === undefined) return ordered;
    return [...ordered, { ...describeProblem('diagnostics-limit', [String(maxDiagnostics)]), ...this.dropped }];
  }
}
