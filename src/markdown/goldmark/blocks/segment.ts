import { isSpace } from '../characters.js';

/** A stretch of one source line: `source.slice(start, stop)` behind `padding` spaces, which are what is left of a tab. */
export interface Segment {
  readonly start: number;
  readonly stop: number;
  readonly padding: number;
}

export function segmentText(source: string, segment: Segment): string {
  const text = source.slice(segment.start, segment.stop);
  return segment.padding === 0 ? text : ' '.repeat(segment.padding) + text;
}

/** Without the white space it begins with; the padding goes too. */
export function trimSegmentStart(source: string, segment: Segment): Segment {
  let { start } = segment;
  while (start < segment.stop && isSpace(source.charCodeAt(start))) start++;
  return { start, stop: segment.stop, padding: 0 };
}

export function trimSegmentEnd(source: string, segment: Segment): Segment {
  let { stop } = segment;
  while (stop > segment.start && isSpace(source.charCodeAt(stop - 1))) stop--;
  return stop === segment.start ? { start: stop, stop, padding: 0 } : { ...segment, stop };
}
