import { isBlank } from '../characters.js';

/** Whether a line was blank to the open block of each level, from the outermost on. */
interface LineBlanks {
  readonly line: number;
  readonly blanks: boolean[];
}

/**
 * Which lines were blank to which open blocks, for whether a block follows a blank line. A line can be blank to an
 * outer block and not to an inner one and the other way round; the rule is Goldmark's to the letter, because whether a
 * list is loose depends on it. Only two lines are kept: the rule does not look further back.
 */
export class BlankLines {
  private last: LineBlanks = { line: -1, blanks: [] };
  private lastButOne: LineBlanks = { line: -1, blanks: [] };
  /** Number of entries of the lines before those two. */
  private forgottenCount = 0;

  /** Forgets everything but that `line` was blank to the first `levelCount` levels. */
  restart(line: number, levelCount: number): void {
    this.forgottenCount = 0;
    this.lastButOne = { line: -1, blanks: [] };
    this.last = { line, blanks: Array<boolean>(levelCount).fill(true) };
  }

  /** Notes `text`, which is the line without the marks of the outer blocks, for the next level. */
  add(line: number, text: string): void {
    if (this.last.line !== line) {
      this.forgottenCount += this.lastButOne.blanks.length;
      this.lastButOne = this.last;
      this.last = { line, blanks: [] };
    }
    this.last.blanks.push(isBlank(text));
  }

  /** Entries are looked at from the last one on that has `level` others behind it, backwards. */
  isBlank(line: number, level: number): boolean {
    const { last, lastButOne, forgottenCount } = this;
    const inLast = last.blanks.length - 1 - level;
    const inLastButOne = Math.min(inLast, -1) + lastButOne.blanks.length;
    return (
      findBlank(last, inLast, line, level) ??
      findBlank(lastButOne, inLastButOne, line, level) ??
      (inLast < 0 && inLastButOne + forgottenCount < 0)
    );
  }
}

/** What the entries of one line up to the one at `from` say; undefined when they say nothing. */
function findBlank({ line, blanks }: LineBlanks, from: number, wanted: number, level: number): boolean | undefined {
  if (from < 0 || line > wanted) return undefined;
  if (line < wanted) return false;
  for (let at = from; at >= 0; at--) {
    if (at < level && blanks[at]) return true;
    if (at === level) return blanks[at];
  }
  return undefined;
}
