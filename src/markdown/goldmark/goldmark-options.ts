/** How Markdown becomes HTML. The names are those of Hugo's `markup.goldmark` configuration, without its grouping. */
export interface GoldmarkOptions {
  /** Keeps raw HTML and links such as `javascript:`. Off: an HTML comment stands where they were. */
  readonly unsafe: boolean;
  /** A single newline becomes `<br>`. */
  readonly hardWraps: boolean;
  /** `<br />` and not `<br>`. */
  readonly xhtml: boolean;
  /** Curly quotes, dashes and ellipses, as HTML entities. */
  readonly typographer: boolean;
  /** Bare URLs and e-mail addresses become links. */
  readonly linkify: boolean;
  /** Protocol that a bare `www.` link gets. Hugo's default `https`; Goldmark alone would say `http`. */
  readonly linkifyProtocol: string;
  readonly table: boolean;
  readonly strikethrough: boolean;
  readonly taskList: boolean;
  readonly definitionList: boolean;
  readonly footnote: boolean;
  readonly autoHeadingID: boolean;
  readonly autoHeadingIDType: 'github' | 'github-ascii' | 'blackfriday';
  readonly attribute: {
    /** `# Title {#id .class}`. */
    readonly title: boolean;
    /** `{.class}` on the line after a block. */
    readonly block: boolean;
  };
  readonly wrapStandAloneImageWithinParagraph: boolean;
  /** Hugo's `markup.highlight.codeFences`. Off: a fence is what Goldmark alone makes of it. */
  readonly codeFences: boolean;
  /** Changes the source text of a heading before its automatic id is made from it. */
  readonly headingText?: (text: string) => string;
}

/** Hugo 0.111.3's defaults. */
export const defaultGoldmarkOptions: GoldmarkOptions = {
  unsafe: false,
  hardWraps: false,
  xhtml: false,
  typographer: true,
  linkify: true,
  linkifyProtocol: 'https',
  table: true,
  strikethrough: true,
  taskList: true,
  definitionList: true,
  footnote: true,
  autoHeadingID: true,
  autoHeadingIDType: 'github',
  attribute: { title: true, block: false },
  wrapStandAloneImageWithinParagraph: true,
  codeFences: true,
};
