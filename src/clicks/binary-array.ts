/**
 * Postgres arrays in its binary form, built without a string per value: this is how a batch of thousands of rows goes into `unnest`.
 * The driver sends a Buffer as a binary parameter, and the statement's cast says what is in it.
 * Form (src/backend/utils/adt/arrayfuncs.c, array_recv): dimensions, has-nulls flag, element type, length, lower bound, then each value's length and bytes.
 */
const elementTypes = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  date: 1082,
  timestamptz: 1184,
  uuid: 2950,
} as const;

export type ElementType = keyof typeof elementTypes;

const headerBytes = 20;
/** Postgres counts from 2000-01-01. */
const epochMs = 946_684_800_000;
const epochDay = 10_957;
const nullLength = -1;

export class BinaryArray {
  private bytes: Buffer;
  private view: DataView;
  private offset = headerBytes;
  private count = 0;

  constructor(
    private readonly type: ElementType,
    expectedCount: number,
  ) {
    this.bytes = Buffer.allocUnsafe(headerBytes + expectedCount * (4 + 16));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  pushNull(): void {
    this.begin(0);
    this.view.setInt32(this.offset - 4, nullLength);
  }

  pushBool(value: boolean): void {
    this.view.setUint8(this.begin(1), value ? 1 : 0);
  }

  pushInt4(value: number): void {
    this.view.setInt32(this.begin(4), value);
  }

  pushInt8(high: number, low: number): void {
    const start = this.begin(8);
    this.view.setInt32(start, high);
    this.view.setUint32(start + 4, low);
  }

  pushTimestamp(timeMs: number): void {
    const microseconds = (timeMs - epochMs) * 1000;
    this.pushInt8(Math.floor(microseconds / 0x1_0000_0000), microseconds >>> 0);
  }

  /** @param day days since 1970-01-01. */
  pushDate(day: number): void {
    this.pushInt4(day - epochDay);
  }

  /** For values of 16 bytes that somebody else writes: gives the place. */
  pushUuid(write: (view: DataView, offset: number) => void): void {
    write(this.view, this.begin(16));
  }

  pushText(text: string): void {
    const longest = text.length * 3;
    const start = this.begin(longest);
    const written = this.bytes.write(text, start, isAscii(text) ? 'latin1' : 'utf8');
    this.offset = start + written;
    this.view.setInt32(start - 4, written);
  }

  pushTextOrNull(text: string): void {
    if (text === '') this.pushNull();
    else this.pushText(text);
  }

  /** The parameter. Nothing may be pushed afterwards. */
  finish(): Buffer {
    const { view } = this;
    view.setInt32(0, this.count === 0 ? 0 : 1);
    // Says that nulls may occur; Postgres looks for itself.
    view.setInt32(4, 1);
    view.setInt32(8, elementTypes[this.type]);
    view.setInt32(12, this.count);
    view.setInt32(16, 1);
    return this.bytes.subarray(0, this.count === 0 ? 12 : this.offset);
  }

  private begin(length: number): number {
    if (this.offset + 4 + length > this.bytes.length) this.grow(4 + length);
    this.view.setInt32(this.offset, length);
    const start = this.offset + 4;
    this.offset = start + length;
    this.count++;
    return start;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.bytes.length + needed));
    this.bytes.copy(larger, 0, 0, this.offset);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
