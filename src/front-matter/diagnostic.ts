import type { SourceText } from './source-text.js';

type DiagnosticSeverity = 'error' | 'warning';

export type FrontMatterDiagnosticCode =
  | 'FRONT_MATTER_DELIMITER'
  | 'FRONT_MATTER_SYNTAX'
  | 'FRONT_MATTER_LANGUAGE'
  | 'FRONT_MATTER_TOO_LARGE'
  | 'FRONT_MATTER_TOO_DEEP'
  | 'FRONT_MATTER_TOO_MANY_VALUES'
  | 'FRONT_MATTER_KEY_FORBIDDEN'
  | 'FRONT_MATTER_NOT_UTF8'
  | 'DATE_UNPARSABLE'
  | 'DRAFT_NOT_BOOLEAN'
  | 'DRAFT_AND_PUBLISHED'
  | 'YAML_BOOLEAN_WORD'
  | 'INTEGER_INEXACT'
  | 'URL_WITH_PROTOCOL'
  | 'ALIAS_WITH_PROTOCOL'
  | 'ORG_LIST_NOTATION'
  | 'TIME_ZONE_UNKNOWN';

export interface FrontMatterDiagnostic {
  readonly severity: DiagnosticSeverity;
  readonly code: FrontMatterDiagnosticCode;
  /** What was found: in Hugo's words where Hugo has some, without its position. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  readonly line: number;
  /** UTF-16 units, from 1. */
  readonly column: number;
}

export interface DiagnosticDraft {
  readonly severity: DiagnosticSeverity;
  readonly code: FrontMatterDiagnosticCode;
  readonly message: string;
  readonly hint: string;
  /** UTF-16 offset in the file. */
  readonly offset: number;
}

export function locateDiagnostic(source: SourceText, { offset, ...said }: DiagnosticDraft): FrontMatterDiagnostic {
  return { ...said, ...source.positionAt(offset) };
}

/** `content/a.md:12:7  Message. Hint.`, the form in which commands print it. */
export function formatDiagnostic(filename: string, diagnostic: FrontMatterDiagnostic): string {
  const { line, column, message, hint } = diagnostic;
  return `${filename}:${line}:${column}  ${/[.!?]$/.test(message) ? message : `${message}.`} ${hint}`;
}

/** Thrown by the readers of one format; `readDocument` turns it into a diagnostic. `offset` is one in the file. */
export class FrontMatterSyntaxError extends Error {
  readonly code: FrontMatterDiagnosticCode;
  readonly offset: number;
  readonly hint: string;

  constructor(
    message: string,
    { offset, hint, code = 'FRONT_MATTER_SYNTAX' }: { offset: number; hint: string; code?: FrontMatterDiagnosticCode },
  ) {
    super(message);
    this.name = 'FrontMatterSyntaxError';
    this.code = code;
    this.offset = offset;
    this.hint = hint;
  }
}
