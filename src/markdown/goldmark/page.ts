import type { FootnoteDetail } from './blocks/block.js';
import type { GoldmarkOptions } from './goldmark-options.js';
import { HeadingIds } from './heading-ids.js';
import type { InlineContext } from './inlines/inline-state.js';
import { References } from './references.js';

/** State of one rendering; markdown-it hands it from rule to rule as its `env`. */
export class Page {
  readonly references = new References();
  readonly headingIds: HeadingIds;
  /** The footnotes by label; of two with the same label the first counts. */
  readonly footnotes = new Map<string, FootnoteDetail>();
  footnoteCount = 0;
  /** Quotation marks that are open. Goldmark means to forget them at the end of a block and does not. */
  readonly openQuotes = { single: 0, double: 0 };
  inlineContext: InlineContext = { startsListItem: false, lineStartsAfterQuoteMark: new Set(), escapedPipes: [] };

  constructor(readonly options: GoldmarkOptions) {
    this.headingIds = new HeadingIds(options);
  }
}
