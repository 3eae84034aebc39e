import { SPACE, TAB } from '../characters.js';

/** Columns that a tab fills when it stands at `column`. */
export function tabWidth(column: number): number {
  return 4 - (column % 4);
}

/** Width in columns of the spaces and tabs that `line` begins with, when its first character stands at `column`. */
export function indentWidth(line: string, column: number): number {
  let width = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === SPACE) width++;
    else if (code === TAB) width += tabWidth(column + width);
    else break;
  }
  return width;
}

/** Index of the first character of `line` that is neither space nor tab; its length when there is none. */
export function indentLength(line: string): number {
  let at = 0;
  while (at < line.length && (line.charCodeAt(at) === SPACE || line.charCodeAt(at) === TAB)) at++;
  return at;
}

/** Where a line goes on behind an indentation: `length` characters, and the columns left over of the last tab. */
export interface IndentEnd {
  readonly length: number;
  readonly padding: number;
}

/**
 * Walks `width` columns into the indentation of `line`.
 * `linePadding`: how many of the leading spaces of `line` are padding and no characters of the source.
 * Undefined when the indentation is narrower.
 */
export function findIndentEnd(line: string, column: number, width: number, linePadding = 0): IndentEnd | undefined {
  if (width === 0) return { length: 0, padding: linePadding };
  let walked = 0;
  let at = 0;
  for (; at < line.length && walked < width; at++) {
    const code = line.charCodeAt(at);
    if (code === TAB) walked += tabWidth(column + walked);
    else if (code === SPACE) walked++;
    else break;
  }
  return walked < width ? undefined : { length: at - linePadding, padding: walked - width };
}
