import { BACKSLASH, isAsciiAlphanumeric, isAsciiPunctuation, isSpace } from '../characters.js';
import { findBareDestinationEnd, scanDestination, type Scanned } from '../link-parts.js';

const BACKTICK = 0x60;
const LEFT_PARENTHESIS = 0x28;
const RIGHT_PARENTHESIS = 0x29;

/** Below this a destination is scanned anew each time. */
const shortDestination = 256;

/** A stretch of the text, `end` excluded. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

const nothing: Stretch = { start: 0, end: 0 };

function holds(stretch: Stretch, at: number): boolean {
  return at >= stretch.start && at < stretch.end;
}

/**
 * Remembers what searches through one text have found, so that a megabyte of openers without closers takes linear
 * time. The places that are asked about rise from call to call, as they do while a text is parsed.
 */
export class TextIndex {
  private backtickRuns: Map<number, number[]> | undefined;
  private readonly found = new Map<string, number>();
  private markRun = nothing;
  private emailRun = nothing;
  private emailDomain = nothing;
  /** From the first `<` of a link destination without its `>` to the end of the line: no other has one there. */
  private vainBracket = nothing;
  private word = nothing;
  /** Per `(` of `word`: index of its `)`. */
  private readonly partners = new Map<number, number>();

  constructor(private readonly text: string) {}

  /** Start of the first run of exactly `length` backticks at or behind `from`; -1 without one. */
  findBackticks(length: number, from: number): number {
    this.backtickRuns ??= this.collectBacktickRuns();
    // In descending order, so that the runs gone by can be dropped at the end.
    const starts = this.backtickRuns.get(length) ?? [];
    while (starts.length > 0 && starts.at(-1)! < from) starts.pop();
    return starts.at(-1) ?? -1;
  }

  private collectBacktickRuns(): Map<number, number[]> {
    const runs = new Map<number, number[]>();
    for (let last = this.text.lastIndexOf('`'); last >= 0;) {
      let start = last;
      while (start > 0 && this.text.charCodeAt(start - 1) === BACKTICK) start--;
      const length = last + 1 - start;
      const starts = runs.get(length);
      if (starts) starts.push(start);
      else runs.set(length, [start]);
      last = start === 0 ? -1 : this.text.lastIndexOf('`', start - 1);
    }
    return runs;
  }

  /** Index of the first `part` at or behind `from`; -1 without one. */
  find(part: string, from: number): number {
    const before = this.found.get(part);
    if (before !== undefined && (before < 0 || before >= from)) return before;
    const found = this.text.indexOf(part, from);
    this.found.set(part, found);
    return found;
  }

  /** Index behind the run of the character at `from`. */
  runEnd(from: number): number {
    if (!holds(this.markRun, from)) {
      const mark = this.text.charCodeAt(from);
      let end = from + 1;
      while (this.text.charCodeAt(end) === mark) end++;
      this.markRun = { start: from, end };
    }
    return this.markRun.end;
  }

  /** Index behind the characters from `from` on that an e-mail address may have before its `@`. */
  emailLocalEnd(from: number): number {
    if (!holds(this.emailRun, from)) {
      let end = from;
      while (isEmailLocalCode(this.text.charCodeAt(end))) end++;
      this.emailRun = { start: from, end };
      if (end === from) return from;
    }
    return this.emailRun.end;
  }

  /** Index behind the domain that begins at `from`; `from` itself when there is none. */
  emailDomainEnd(from: number): number {
    if (this.emailDomain.start !== from) {
      emailDomain.lastIndex = from;
      const match = emailDomain.exec(this.text);
      this.emailDomain = { start: from, end: from + (match?.[0].length ?? 0) };
    }
    return this.emailDomain.end;
  }

  /** Reads the link destination that begins at `start`. */
  scanDestination(start: number): Scanned | undefined {
    const isBracketed = this.text.charAt(start) === '<';
    if (isBracketed && holds(this.vainBracket, start)) return undefined;
    const scanned = scanDestination(this.text, start, (_text, from) => this.bareDestinationEnd(from));
    if (isBracketed && !scanned) this.vainBracket = { start, end: this.lineEnd(start) };
    return scanned;
  }

  private lineEnd(from: number): number {
    const lineFeed = this.text.indexOf('\n', from);
    return lineFeed < 0 ? this.text.length : lineFeed;
  }

  private bareDestinationEnd(start: number): number {
    const end = findBareDestinationEnd(this.text, start, start + shortDestination);
    if (end < start + shortDestination) return end;
    if (this.text.charCodeAt(start - 1) !== LEFT_PARENTHESIS) return findBareDestinationEnd(this.text, start);
    if (!holds(this.word, start)) this.pairParentheses(start);
    return this.partners.get(start - 1) ?? this.word.end;
  }

  /** Pairs the parentheses of the word around `at`. */
  private pairParentheses(at: number): void {
    const { text } = this;
    let start = at;
    while (start > 0 && !isSpace(text.charCodeAt(start - 1))) start--;
    const open: number[] = [];
    this.partners.clear();
    let end = start;
    for (; end < text.length && !isSpace(text.charCodeAt(end)); end++) {
      const code = text.charCodeAt(end);
      if (code === BACKSLASH && isAsciiPunctuation(text.charCodeAt(end + 1))) end++;
      else if (code === LEFT_PARENTHESIS) open.push(end);
      else if (code === RIGHT_PARENTHESIS && open.length > 0) this.partners.set(open.pop()!, end);
    }
    this.word = { start, end };
  }
}

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const emailDomain = new RegExp(`${label}(?:\\.${label})*`, 'y');

const emailLocalMarks = new Set([..."!#$%&'*+-./=?^_`{|}~"].map((mark) => mark.charCodeAt(0)));

function isEmailLocalCode(code: number): boolean {
  return isAsciiAlphanumeric(code) || emailLocalMarks.has(code);
}
