/** Exit status of every command: 0 done, 1 the work has errors, 2 wrong usage. */
export const DONE = 0;
export const WORK_HAS_ERRORS = 1;
export const WRONG_USAGE = 2;

export const print = (line: string): void => void process.stdout.write(`${line}\n`);
export const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/** What was asked for cannot be understood: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One finding, one line: some of Hugo's messages quote the source with its line breaks. Control characters would act. */
export function onOneLine(message: string): string {
  return message.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, '\uFFFD');
}

/** `1,204 articles`, `1 article`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const LEAST_MS_BETWEEN = 100;

/**
 * A line on stderr that says how far the work is, on a terminal only: what is written to a file or a pipe stays plain
 * lines. Clear it before another line is printed, and at the end.
 */
export class ProgressLine {
  private shownAt = 0;
  private isShown = false;

  /** `isTerminal`: whether a person watches. Default: whether stderr is a terminal. */
  constructor(readonly isTerminal = process.stderr.isTTY) {}

  show(text: () => string): void {
    const now = performance.now();
    if (!this.isTerminal || now - this.shownAt < LEAST_MS_BETWEEN) return;
    this.shownAt = now;
    this.isShown = true;
    process.stderr.write(`\r\u001B[2K${text()}`);
  }

  clear(): void {
    if (!this.isShown) return;
    this.isShown = false;
    process.stderr.write('\r\u001B[2K');
  }
}
