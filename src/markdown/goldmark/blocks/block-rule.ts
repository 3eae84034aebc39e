import type { Block } from './block.js';
import type { BlockParsing } from './block-parsing.js';

/** A block that a rule has just opened at the reader's place. */
export interface OpenedBlock {
  readonly block: Block;
  /** The rest of the line, and the lines that follow, hold child blocks. */
  readonly hasChildren: boolean;
  /** The block is made from the paragraph before it, which is closed first. */
  readonly takesParagraph?: boolean;
}

/** What a block makes of a further line: it ends, it goes on, or it goes on and holds child blocks. */
export type Resumption = 'ends' | 'goes-on' | 'holds-children';

/**
 * One kind of block. Goldmark reads a source line by line: each open block is asked whether the line still belongs to
 * it (`resume`), outermost first; where one ends, the rules are asked to open something in its place.
 */
export interface BlockRule {
  /** Characters that such a block begins with; undefined: any. */
  readonly triggers?: string;
  readonly canInterruptParagraph: boolean;
  readonly canBeIndented: boolean;
  open(parent: Block, parsing: BlockParsing): OpenedBlock | undefined;
  resume(block: Block, parsing: BlockParsing): Resumption;
  close?(block: Block, parsing: BlockParsing): void;
}
