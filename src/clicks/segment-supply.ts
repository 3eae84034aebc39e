import { createSegment, type Segment } from './segment-file.js';

export interface SegmentSupplyOptions {
  readonly directory: string;
  readonly writer: string;
  readonly isDurable: boolean;
  /** Capacity of a segment where the disk has room for it. */
  readonly segmentBytes: number;
  readonly onProblem?: (problem: string, error: unknown) => void;
}

const smallSegmentBytes = 1024 * 1024;

/** Segments for one writer. While one fills, the next one's space is written. */
export class SegmentSupply {
  /** What every segment can hold at least. */
  readonly leastBytes: number;
  private spare: Promise<Segment | undefined> | undefined;
  private isClosed = false;

  constructor(private readonly options: SegmentSupplyOptions) {
    this.leastBytes = Math.min(options.segmentBytes, smallSegmentBytes);
  }

  /** A small one: it is ready at once. */
  first(): Promise<Segment> {
    return this.create(this.leastBytes);
  }

  /** @throws when the disk has no room, or cannot be written. */
  async next(): Promise<Segment> {
    const spare = await this.spare;
    this.spare = undefined;
    return spare ?? (await this.createWhatFits());
  }

  prepare(): void {
    if (this.isClosed) return;
    this.spare = this.createWhatFits().catch((error: unknown) => {
      this.options.onProblem?.('A segment of the click log could not be prepared.', error);
      return undefined;
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const spare = await this.spare;
    await spare?.file.close();
  }

  /** On a disk that is nearly full a small one is better than none. */
  private async createWhatFits(): Promise<Segment> {
    try {
      return await this.create(this.options.segmentBytes);
    } catch (error) {
      if (this.leastBytes === this.options.segmentBytes) throw error;
      return this.create(this.leastBytes);
    }
  }

  private create(capacityBytes: number): Promise<Segment> {
    const { directory, writer, isDurable } = this.options;
    return createSegment({ directory, writer, isDurable, capacityBytes });
  }
}
