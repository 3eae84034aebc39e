import type { BlockKind } from '../blocks/block.js';

const globalNames = (
  'accesskey autocapitalize autofocus class contenteditable dir draggable enterkeyhint hidden id inert inputmode is ' +
  'itemid itemprop itemref itemscope itemtype lang part role slot spellcheck style tabindex title translate'
).split(' ');

function withGlobalNames(names = ''): ReadonlySet<string> {
  return new Set([...globalNames, ...names.split(' ')]);
}

const plain = withGlobalNames();

const namesByKind: Partial<Record<BlockKind, ReadonlySet<string>>> = {
  quote: withGlobalNames('cite'),
  list: withGlobalNames('start reversed type'),
  'list-item': withGlobalNames('value'),
  'thematic-break': withGlobalNames('align color noshade size width'),
  table: withGlobalNames('align bgcolor border cellpadding cellspacing frame rules summary width'),
};

/**
 * Whether a block of this kind may have an attribute of this name, as Goldmark has it. A heading, which Hugo renders
 * itself, may have any but event handlers.
 */
export function mayHaveAttribute(kind: BlockKind, name: string): boolean {
  if (kind === 'heading') return !/^on/i.test(name);
  return (namesByKind[kind] ?? plain).has(name) || name.startsWith('data-');
}
