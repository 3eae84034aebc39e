/**
 * An opaque keyset cursor: the sort values of a row and its id, so that rows with equal sort values have an order.
 * base64url of a JSON array; readers treat it as opaque.
 */
export type CursorValues = readonly (string | number | boolean | null)[];

export class CursorError extends Error {
  override readonly name = 'CursorError';
}

export function encodeCursor(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws CursorError when the text is not a cursor with `length` values. */
export function decodeCursor(text: string, length: number): CursorValues {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw new CursorError(`"${shorten(text)}" is not a cursor of this list.`);
  }
  const isCursor = Array.isArray(values) && values.length === length && values.every(isScalar);
  if (!isCursor) throw new CursorError(`"${shorten(text)}" is not a cursor of this list.`);
  return values as CursorValues;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
