import { isBlank } from '../characters.js';

/**
 * Which lines were blank to the open block of each level, for whether a block follows a blank line. A line can be
 * blank to an outer block and not to an inner one and the other way round; the rule is Goldmark's to the letter,
 * because whether a list is loose depends on it.
 */
export class BlankLines {
  private lines: number[] = [];
  private levels: number[] = [];
  private blanks: boolean[] = [];

  /** Forgets everything but that `line` was blank to the first `levelCount` levels. */
  restart(line: number, levelCount: number): void {
    this.lines = [];
    this.levels = [];
    this.blanks = [];
    for (let level = 0; level < levelCount; level++) this.push(line, level, true);
  }

  add(line: number, level: number, text: string): void {
    this.push(line, level, isBlank(text));
  }

  isBlank(line: number, level: number): boolean {
    const first = this.lines.length - 1 - level;
    for (let at = first; at >= 0; at--) {
      const isThisLine = this.lines[at] === line;
      if (isThisLine && this.levels[at]! < level && this.blanks[at]) return true;
      if (isThisLine && this.levels[at] === level) return this.blanks[at]!;
      if (this.lines[at]! < line) return false;
    }
    return first < 0;
  }

  private push(line: number, level: number, blank: boolean): void {
    this.lines.push(line);
    this.levels.push(level);
    this.blanks.push(blank);
  }
}
