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

/** `hint` of the engines says what to write instead; a stored message says both. */
export function storedDiagnostic(diagnostic: StoredDiagnostic & { readonly hint?: string }): StoredDiagnostic {
  const { severity, code, message, hint, line, column } = diagnostic;
  const text = hint === undefined ? message : `${message.trimEnd()}. ${hint}`;
  return { severity, code, message: text, line, column };
}

/** Found when an article is read, because a partner may be made at any time. */
export function unknownPartner(call: { partnerKey: string; line: number; column: number }): StoredDiagnostic {
  return {
    severity: 'error',
    code: 'PARTNER_KEY_UNKNOWN',
    message: `No affiliate partner has the key "${call.partnerKey}": readers get the text without a link. Correct the key, or create the partner.`,
    line: call.line,
    column: call.column,
  };
}
