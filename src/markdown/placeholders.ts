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

  readonly pattern = new RegExp(`${this.prefix}([0-9]+)Z`, 'g');

  add(content: Content): string {
    this.contents.push(content);
    return `${this.prefix}${this.contents.length - 1}Z`;
  }

  get isEmpty(): boolean {
    return this.contents.length === 0;
  }

  /** Everything that stands in the HTML, in its order. */
  *findIn(html: string): Generator<{ content: Content; start: number; end: number }> {
    for (const match of html.matchAll(this.pattern)) {
      const content = this.contents[Number(match[1])];
      if (content !== undefined) yield { content, start: match.index, end: match.index + match[0].length };
    }
  }
}

function randomLetters(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(randomLetterCount));
  let text = '';
  for (const byte of bytes) text += letters[byte % letters.length];
  return text;
}
