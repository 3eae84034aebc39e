/**
 * Finds the front matter of a file and the place where its body starts.
 *
 * file  = { BOM | space | tab | CR | LF } [ front matter ] body
 * toml  = "+++" [ newline ] text, to the first line start that has "+++"; what follows on that line is body
 * yaml  = the same with "---"
 * json  = "{" … "}", braces balanced outside strings; the body may follow on the same line
 * org   = lines that start with "#+"
 *
 * Hugo reads front matter inside a leading HTML comment as well, and refuses every other file that starts with `<`.
 * Same rules as Hugo's parser/pageparser (lexIntroSection).
 */

export type FrontMatterFormat = 'toml' | 'yaml' | 'json' | 'org';

/** Offsets are UTF-16 offsets in the text. */
export interface FrontMatterBlock {
  readonly format: FrontMatterFormat;
  /** The opening delimiter. */
  readonly blockStart: number;
  /** What the parser of the format reads. */
  readonly start: number;
  readonly end: number;
}

export interface SplitFile {
  readonly block: FrontMatterBlock | undefined;
  readonly bodyStart: number;
}

export class FrontMatterDelimiterError extends Error {
  readonly format: FrontMatterFormat | undefined;
  readonly offset: number;
  readonly hint: string;

  constructor(message: string, at: { format?: FrontMatterFormat; offset: number; hint: string }) {
    super(message);
    this.name = 'FrontMatterDelimiterError';
    this.format = at.format;
    this.offset = at.offset;
    this.hint = at.hint;
  }
}

const BYTE_ORDER_MARK = '\uFEFF';
const COMMENT_START = '<!--';
const COMMENT_END = '-->';

/** @throws FrontMatterDelimiterError when the file starts like front matter and is none. */
export function splitFile(text: string): SplitFile {
  const intro = skipIntro(text);
  const split = splitAt(text, intro.offset, intro.bodyStart);
  if (!intro.isInComment) return split;
  return { block: split.block, bodyStart: skipCommentEnd(text, split.bodyStart, intro.commentStart) };
}

interface Intro {
  /** The first character that decides. */
  readonly offset: number;
  /** Where the body starts when that character starts no front matter. */
  readonly bodyStart: number;
  readonly isInComment: boolean;
  readonly commentStart: number;
}

function skipIntro(text: string): Intro {
  let bodyStart = 0;
  let commentStart = -1;
  let offset = 0;
  for (; offset < text.length; offset += 1) {
    const character = text[offset];
    if (character === BYTE_ORDER_MARK) {
      bodyStart = offset + 1;
    } else if (character === '<') {
      if (!text.startsWith(COMMENT_START, offset)) throw plainHtmlError(offset);
      commentStart = commentStart < 0 ? offset : commentStart;
      const newline = text.indexOf('\n', offset);
      offset = newline < 0 ? text.length : newline;
      bodyStart = offset;
    } else if (!isBlank(character)) {
      break;
    }
  }
  return { offset, bodyStart, isInComment: commentStart >= 0, commentStart };
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

function plainHtmlError(offset: number): FrontMatterDelimiterError {
  return new FrontMatterDelimiterError('plain HTML documents not supported', {
    offset,
    hint: 'Put front matter above the HTML, even an empty one (`---` twice), so that the file is read as Markdown.',
  });
}

function splitAt(text: string, offset: number, bodyStart: number): SplitFile {
  const first = text[offset] ?? '';
  switch (first) {
    case '+':
      return splitFenced(text, offset, 'toml', '+++');
    case '-':
      return splitFenced(text, offset, 'yaml', '---');
    case '{':
      return splitJson(text, offset);
    case '#':
      return text[offset + 1] === '+' ? splitOrg(text, offset) : { block: undefined, bodyStart };
    default:
      return { block: undefined, bodyStart };
  }
}

function splitFenced(text: string, offset: number, format: 'toml' | 'yaml', delimiter: string): SplitFile {
  if (!text.startsWith(delimiter, offset)) {
    throw new FrontMatterDelimiterError(`invalid ${format.toUpperCase()} delimiter`, {
      format,
      offset,
      hint: startsWithMarkdownHint(delimiter),
    });
  }
  const start = skipNewline(text, offset + delimiter.length);
  const end =
    start > offset + delimiter.length && text.startsWith(delimiter, start) ? start : findFence(text, start, delimiter);
  if (end < 0) {
    throw new FrontMatterDelimiterError(`EOF looking for end ${format.toUpperCase()} front matter delimiter`, {
      format,
      offset,
      hint: `Close the front matter with a line that starts with \`${delimiter}\`, or ${lowerFirst(startsWithMarkdownHint(delimiter))}`,
    });
  }
  return { block: { format, blockStart: offset, start, end }, bodyStart: skipNewline(text, end + delimiter.length) };
}

/** The next line start that has the delimiter, or -1. A lone CR ends a line too. */
function findFence(text: string, from: number, delimiter: string): number {
  for (let at = text.indexOf(delimiter, from); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    const before = text[at - 1];
    if (at > from && (before === '\n' || before === '\r')) return at;
  }
  return -1;
}

function startsWithMarkdownHint(delimiter: string): string {
  const other = delimiter === '---' ? '`* item` or `***`' : '`* item`';
  return `If the file has no front matter, start it with an empty line of it (\`---\` twice) or write ${other}.`;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** One CRLF, LF or lone CR. */
function skipNewline(text: string, offset: number): number {
  const afterReturn = text[offset] === '\r' ? offset + 1 : offset;
  return text[afterReturn] === '\n' ? afterReturn + 1 : afterReturn;
}

function splitJson(text: string, offset: number): SplitFile {
  let isInString = false;
  let depth = 0;
  for (let at = offset; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' && !isInString) depth += 1;
    else if (character === '}' && !isInString) depth -= 1;
    else if (character === '"') isInString = !isInString;
    else if (character === '\\') at += 1;
    if (depth === 0) {
      const bodyStart = skipNewline(text, at + 1);
      return { block: { format: 'json', blockStart: offset, start: offset, end: at + 1 }, bodyStart };
    }
  }
  throw new FrontMatterDelimiterError('unexpected EOF parsing JSON front matter', {
    format: 'json',
    offset,
    hint: 'A file that starts with `{` is read as JSON front matter: close every `{` and `"`, or put front matter (`---` twice) above a shortcode that stands first.',
  });
}

function splitOrg(text: string, offset: number): SplitFile {
  let end = offset;
  do {
    const newline = text.indexOf('\n', end);
    end = newline < 0 ? text.length : newline + 1;
  } while (text.startsWith('#+', end));
  return { block: { format: 'org', blockStart: offset, start: offset, end }, bodyStart: end };
}

function skipCommentEnd(text: string, from: number, commentStart: number): number {
  if (from >= text.length) return text.length;
  const end = text.indexOf(COMMENT_END, from);
  if (end < 0) {
    throw new FrontMatterDelimiterError('starting HTML comment with no end', {
      offset: commentStart,
      hint: 'Put front matter above the comment, even an empty one (`---` twice): a comment that starts the file is searched for front matter.',
    });
  }
  return end + COMMENT_END.length;
}
