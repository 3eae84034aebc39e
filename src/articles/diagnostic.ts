/** Something found in a source, with its place in the file. */
export interface StoredDiagnostic {
  readonly severity: 'error' | 'warning' | 'info';
  /** Stable and meant for programs, such as `PARTNER_KEY_UNKNOWN`. */
  readonly code: string;
  /** What was found and what to write instead. */
  readonly message: string;
  /** Of the file, from 1. */
  readonly line: number;
  /** In UTF-16 units, from 1. */
  readonly column: number;
}
