import { BinaryArray, type ElementType } from './binary-array.js';
import type { BinaryValues } from './binary-values.js';

/** One parameter of `unnest`: the same value of every row. */
export function column<Row>(
  type: ElementType,
  rows: readonly Row[],
  push: (array: BinaryArray, row: Row) => void,
): Buffer {
  const array = new BinaryArray(type, rows.length);
  for (const row of rows) push(array, row);
  return array.finish();
}

const maxArticlesKept = 10_000;
const articleBytes = new Map<string, Uint8Array>();

/** An article's id, read once: its clicks are many. Null where it is empty. */
export function pushArticle(values: BinaryValues, row: { readonly articleId: string }): void {
  if (row.articleId === '') {
    values.pushNull();
    return;
  }
  let bytes = articleBytes.get(row.articleId);
  if (bytes === undefined) {
    bytes = uuidBytes(row.articleId);
    if (articleBytes.size >= maxArticlesKept) articleBytes.clear();
    articleBytes.set(row.articleId, bytes);
  }
  values.pushUuidBytes(bytes);
}

/** @param text 32 hex digits, with dashes or without. */
export const uuidBytes = (text: string): Uint8Array => Buffer.from(text.replaceAll('-', ''), 'hex');
