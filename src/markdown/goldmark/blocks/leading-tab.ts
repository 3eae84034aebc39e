import type { LineReader } from './line-reader.js';
import type { Segment } from './segment.js';

/**
 * A line of code that begins inside a tab: keeps the whole tab, and not the spaces that are left of it, when the
 * column before the tab is where the content begins. `reader` stands at the segment; `indent` is that of the fence.
 */
export function keepLeadingTab(segment: Segment, reader: LineReader, indent: number): Segment {
  if (segment.padding === 0) return segment;
  const place = reader.place();
  const column = reader.column() + indent;
  reader.restore({ ...place, start: place.start - 1, padding: 0 });
  const columnBeforeTab = reader.column();
  reader.restore(place);
  return column === columnBeforeTab ? { start: segment.start - 1, stop: segment.stop, padding: 0 } : segment;
}
