const letters = 'abcdefghijklmnopqrstuvwxyz';
const randomLetterCount = 16;

/**
 * The words that stand in the Markdown for what must not pass through it. They look like Hugo's (letters at both ends,
 * letters and digits between), so Markdown treats them as it would there; but every page has its own, which no text can
 * know. A word may come out of Markdown more than once, or not at all.
 */
export class Placeholders<Content> {
  private readonly prefix = `Waypost${randomLetters()}`;
  private readonly contents: Content[] = [];

  /** Word :: prefix Digit+ `Z` */
  add(content: Content): string {
    this.contents.push(content);
    return `${this.prefix}${this.contents.length - 1}Z`;
  }

  get isEmpty(): boolean {
    return this.contents.length === 0;
  }

  /** Every word in a text, in its order. */
  *findIn(text: string): Generator<{ content: Content; start: number; end: number }> {
    for (let start = text.indexOf(this.prefix); start !== -1;) {
      const numberStart = start + this.prefix.length;
      const numberEnd = text.indexOf('Z', numberStart);
      const content = numberEnd > numberStart ? this.contents[Number(text.slice(numberStart, numberEnd))] : undefined;
      if (content !== undefined) yield { content, start, end: numberEnd + 1 };
      start = text.indexOf(this.prefix, numberStart);
    }
  }

  removeFrom(text: string): string {
    let rest = '';
    let copiedTo = 0;
    for (const { start, end } of this.findIn(text)) {
      rest += text.slice(copiedTo, start);
      copiedTo = end;
    }
    return rest + text.slice(copiedTo);
  }
}

/** Random bytes are fetched for many pages at once: one at a time they cost more than parsing a short page. */
const pool = new Uint8Array(randomLetterCount * 256);
let poolPosition = pool.length;

function randomLetters(): string {
  if (poolPosition === pool.length) {
    crypto.getRandomValues(pool);
    poolPosition = 0;
  }
  let text = '';
  for (const end = poolPosition + randomLetterCount; poolPosition < end; poolPosition += 1) {
    text += letters[(pool[poolPosition] ?? 0) % letters.length];
  }
  return text;
}
