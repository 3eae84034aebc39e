export interface SourcePosition {
  /** Line of the file, from 1. */
  readonly line: number;
  /** UTF-16 units from the start of the line, from 1. */
  readonly column: number;
}

/**
 * Turns offsets of a text into lines and columns of the file it was cut from.
 * A line ends with a line feed, as in Hugo; a lone carriage return does not start a line.
 */
export class SourceLines {
  private lineStarts: number[] | undefined;

  /** @param firstLine Line of the file that the text's first line is, from 1. */
  constructor(
    private readonly text: string,
    private readonly firstLine = 1,
  ) {}

  positionOf(offset: number): SourcePosition {
    const lineStarts = (this.lineStarts ??= findLineStarts(this.text));
    const index = lastIndexAtMost(lineStarts, offset);
    return { line: this.firstLine + index, column: offset - (lineStarts[index] ?? 0) + 1 };
  }
}

function findLineStarts(text: string): number[] {
  const lineStarts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) lineStarts.push(end + 1);
  return lineStarts;
}

/** Binary search: index of the last number that is not above `limit`. The first one must not be. */
function lastIndexAtMost(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
