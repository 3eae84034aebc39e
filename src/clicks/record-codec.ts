import { clickIdBytes, readClickId, writeClickId } from './click-id.js';
import { crc32 } from './crc32.js';
import type { LoggedClick } from './logged-click.js';

/**
 * The form of clicks in a log, local or on a broker.
 *
 * Stream :: Frame* (zero bytes or the end)
 * Frame  :: kind u8 (1 text, 2 click, 3 end)   format u8   length u16   crc u32   payload
 * Text   :: code u16   UTF-8                    later clicks say the code in place of the text
 * Click  :: id 16 bytes big-endian   visitor 8   placement 6   partner u16   agent u16   referrer u16   target u16   country 2 ASCII   marks u16
 * End    :: nothing; the writer closed the stream
 *
 * Numbers are little-endian unless it says otherwise. The checksum covers kind, format, length and payload. A click takes 50 bytes; a browser's
 * user agent, three times that, is written once a stream. Codes mean something only inside their own stream.
 */
export const frameFormat = 1;
export const frameHeaderBytes = 8;
const frameKinds = { text: 1, click: 2, end: 3 } as const;
const clickPayloadBytes = clickIdBytes + 8 + 6 + 12;
const clickFrameBytes = frameHeaderBytes + clickPayloadBytes;
const maxPayloadBytes = 4096;
export const maxFrameBytes = frameHeaderBytes + maxPayloadBytes;
/** A click whose five texts are all new and as long as texts can be. */
export const maxClickBytes = clickFrameBytes + 5 * maxFrameBytes;
const maxCodes = 0xffff;
const initialBufferBytes = 64 * 1024;
/** In the place of a placement id's first two bytes: the id is not 12 hex digits, and its code follows. */
const marksLongPlacement = 0x8000;
/** Twelve zeros would read as no placement, so that one (should it ever be minted) is written as a text. */
const shortPlacementPattern = /^(?!0{12})[0-9a-f]{12}$/;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** Collects the frames of one group; the texts that it has written hold for its whole stream. */
export class RecordWriter {
  private bytes = new Uint8Array(initialBufferBytes);
  private view = new DataView(this.bytes.buffer);
  private other = new Uint8Array(initialBufferBytes);
  private length = 0;
  private readonly codes = new Map<string, number>();

  get byteLength(): number {
    return this.length;
  }

  /** True when another click's texts might not find a code any more: time for a new stream. */
  get isFull(): boolean {
    return this.codes.size > maxCodes - 8;
  }

  writeClick(click: LoggedClick): void {
    const partner = this.codeOf(click.partnerKey);
    const agent = this.codeOf(click.userAgent);
    const referrer = this.codeOf(click.referrerHost);
    const target = this.codeOf(click.targetKey);
    const isShortPlacement = click.placementId === '' || shortPlacementPattern.test(click.placementId);
    const longPlacement = isShortPlacement ? 0 : this.codeOf(click.placementId);
    this.reserve(clickFrameBytes);
    const start = this.length;
    const { view } = this;
    let offset = start + frameHeaderBytes;
    writeClickId(view, offset, click.id);
    view.setUint32(offset + 16, click.visitorHigh);
    view.setUint32(offset + 20, click.visitorLow);
    offset += 24;
    if (isShortPlacement) writePlacement(view, offset, click.placementId);
    else writeLongPlacement(view, offset, longPlacement);
    view.setUint16(offset + 6, partner, true);
    view.setUint16(offset + 8, agent, true);
    view.setUint16(offset + 10, referrer, true);
    view.setUint16(offset + 12, target, true);
    view.setUint8(offset + 14, click.country === '' ? 0 : click.country.charCodeAt(0));
    view.setUint8(offset + 15, click.country === '' ? 0 : click.country.charCodeAt(1));
    view.setUint16(offset + 16, click.marks | (isShortPlacement ? 0 : marksLongPlacement), true);
    this.closeFrame(frameKinds.click, start, clickPayloadBytes);
  }

  writeEnd(): void {
    this.reserve(frameHeaderBytes);
    this.closeFrame(frameKinds.end, this.length, 0);
  }

  /** The frames written since the last call. Two buffers take turns, so they are valid until the next call. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    [this.bytes, this.other] = [this.other, this.bytes];
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
    return taken;
  }

  /** Ends the stream: what {@link take} would have given, with the end mark, and for good. The next stream's texts have no codes yet. */
  seal(): Uint8Array {
    this.writeEnd();
    const sealed = this.bytes.subarray(0, this.length);
    this.bytes = new Uint8Array(initialBufferBytes);
    this.view = new DataView(this.bytes.buffer);
    this.reset();
    return sealed;
  }

  /** Begins a new stream: no text has a code. */
  reset(): void {
    this.length = 0;
    this.codes.clear();
  }

  private codeOf(text: string): number {
    if (text === '') return 0;
    const known = this.codes.get(text);
    if (known !== undefined) return known;
    const code = this.codes.size + 1;
    if (code > maxCodes) throw new RangeError('A stream of clicks has no codes left; it should have been closed.');
    this.codes.set(text, code);
    this.writeText(code, text);
    return code;
  }

  private writeText(code: number, text: string): void {
    const limit = maxPayloadBytes - 2;
    this.reserve(frameHeaderBytes + maxPayloadBytes);
    const start = this.length;
    const room = this.bytes.subarray(start + frameHeaderBytes + 2, start + frameHeaderBytes + 2 + limit);
    const { written } = textEncoder.encodeInto(text, room);
    this.view.setUint16(start + frameHeaderBytes, code, true);
    this.closeFrame(frameKinds.text, start, written + 2);
  }

  private closeFrame(kind: number, start: number, payloadBytes: number): void {
    const { view } = this;
    view.setUint8(start, kind);
    view.setUint8(start + 1, frameFormat);
    view.setUint16(start + 2, payloadBytes, true);
    view.setUint32(start + 4, frameChecksum(this.bytes, start, payloadBytes), true);
    this.length = start + frameHeaderBytes + payloadBytes;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

function writePlacement(view: DataView, offset: number, placementId: string): void {
  // Digits are read three bytes at a time: parseInt of twelve would leave the small integers.
  const high = placementId === '' ? 0 : Number.parseInt(placementId.slice(0, 6), 16);
  const low = placementId === '' ? 0 : Number.parseInt(placementId.slice(6), 16);
  view.setUint8(offset, high >>> 16);
  view.setUint16(offset + 1, high & 0xffff);
  view.setUint8(offset + 3, low >>> 16);
  view.setUint16(offset + 4, low & 0xffff);
}

function writeLongPlacement(view: DataView, offset: number, code: number): void {
  view.setUint32(offset, 0);
  view.setUint16(offset + 4, code);
}

const frameChecksum = (bytes: Uint8Array, start: number, payloadBytes: number): number =>
  (crc32(bytes, start, start + 4) ^ crc32(bytes, start + frameHeaderBytes, start + frameHeaderBytes + payloadBytes)) >>>
  0;

/** What stands at one place of a stream. */
export type Frame =
  | { readonly kind: 'click'; readonly click: LoggedClick; readonly next: number }
  | { readonly kind: 'text' | 'end' | 'unreadable'; readonly next: number }
  /** No frame begins here: unused space, a torn or a damaged frame, or more bytes are needed. */
  | { readonly kind: 'nothing' };

const nothing: Frame = { kind: 'nothing' };

/** Reads one stream from its start, since codes are defined on the way. */
export class RecordReader {
  private readonly texts: (string | undefined)[] = [''];
  /** By its two halves. One string per placement: what looks it up later finds its hash computed. */
  private readonly placements = new Map<number, Map<number, string>>();

  readFrame(bytes: Uint8Array, view: DataView, start: number, end: number): Frame {
    const next = findFrameEnd(bytes, view, start, end);
    if (next === undefined) return nothing;
    const kind = bytes[start] as number;
    switch (kind) {
      case frameKinds.text:
        this.learnText(bytes, view, start, next);
        return { kind: 'text', next };
      case frameKinds.click: {
        const click = this.readClick(view, start + frameHeaderBytes);
        return click === undefined ? { kind: 'unreadable', next } : { kind: 'click', click, next };
      }
      default:
        return { kind: 'end', next };
    }
  }

  private learnText(bytes: Uint8Array, view: DataView, start: number, next: number): void {
    const code = view.getUint16(start + frameHeaderBytes, true);
    this.texts[code] = textDecoder.decode(bytes.subarray(start + frameHeaderBytes + 2, next));
  }

  /** Undefined where a text that the click refers to was in a damaged part of the stream. */
  private readClick(view: DataView, start: number): LoggedClick | undefined {
    const offset = start + clickIdBytes + 8;
    const marks = view.getUint16(offset + 16, true);
    const partnerKey = this.texts[view.getUint16(offset + 6, true)];
    const userAgent = this.texts[view.getUint16(offset + 8, true)];
    const referrerHost = this.texts[view.getUint16(offset + 10, true)];
    const targetKey = this.texts[view.getUint16(offset + 12, true)];
    const placementId =
      (marks & marksLongPlacement) === 0 ? this.readPlacement(view, offset) : this.texts[view.getUint16(offset + 4)];
    if (
      partnerKey === undefined ||
      userAgent === undefined ||
      referrerHost === undefined ||
      targetKey === undefined ||
      placementId === undefined
    ) {
      return undefined;
    }
    return {
      id: readClickId(view, start),
      partnerKey,
      placementId,
      targetKey,
      userAgent,
      referrerHost,
      country: readCountry(view, offset + 14),
      visitorHigh: view.getUint32(start + clickIdBytes),
      visitorLow: view.getUint32(start + clickIdBytes + 4),
      marks: marks & ~marksLongPlacement,
    };
  }

  private readPlacement(view: DataView, offset: number): string {
    const high = view.getUint16(offset) * 0x100 + view.getUint8(offset + 2);
    const low = view.getUint8(offset + 3) * 0x1_0000 + view.getUint16(offset + 4);
    let ofHigh = this.placements.get(high);
    if (ofHigh === undefined) this.placements.set(high, (ofHigh = new Map()));
    let text = ofHigh.get(low);
    if (text === undefined) ofHigh.set(low, (text = placementText(high, low)));
    return text;
  }
}

function placementText(high: number, low: number): string {
  if (high === 0 && low === 0) return '';
  return high.toString(16).padStart(6, '0') + low.toString(16).padStart(6, '0');
}

/** Where the whole, undamaged frame that begins at `start` ends; undefined where there is none. */
export function findFrameEnd(bytes: Uint8Array, view: DataView, start: number, end: number): number | undefined {
  if (start + frameHeaderBytes > end) return undefined;
  const kind = bytes[start] as number;
  if (kind < frameKinds.text || kind > frameKinds.end || bytes[start + 1] !== frameFormat) return undefined;
  const payloadBytes = view.getUint16(start + 2, true);
  if (payloadBytes > maxPayloadBytes || start + frameHeaderBytes + payloadBytes > end) return undefined;
  if (kind === frameKinds.click && payloadBytes !== clickPayloadBytes) return undefined;
  if (view.getUint32(start + 4, true) !== frameChecksum(bytes, start, payloadBytes)) return undefined;
  return start + frameHeaderBytes + payloadBytes;
}

function readCountry(view: DataView, offset: number): string {
  const first = view.getUint8(offset);
  return first === 0 ? '' : String.fromCharCode(first, view.getUint8(offset + 1));
}
