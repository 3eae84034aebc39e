/** Where a reference link leads. Both are source text: escapes and entities are resolved when they are rendered. */
export interface Reference {
  readonly destination: string;
  readonly title: string | undefined;
  /** Index of the destination in the source. */
  readonly definedAt: number;
}

/** The link definitions of a page. Of two with the same label the first counts. */
export class References {
  private readonly byLabel = new Map<string, Reference>();

  add(label: string, reference: Reference): void {
    const key = normalizeLabel(label);
    if (!this.byLabel.has(key)) this.byLabel.set(key, reference);
  }

  find(label: string): Reference | undefined {
    return this.byLabel.get(normalizeLabel(label));
  }
}

/** Labels match without regard to case, the white space around them and the amount of it inside. */
function normalizeLabel(label: string): string {
  const trimmed = label.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '');
  const folded = foldCase(trimmed);
  return folded.replace(/[ \t\r\n]+/g, ' ');
}

/** Unicode case folding. Upper-casing lower case is it, but for the dotless i, which folds to itself. */
function foldCase(text: string): string {
  return text.toLowerCase().replaceAll(/[^ı]+/g, (part) => part.toUpperCase());
}
