/** Postgres counts from 2000-01-01. */
const epochMs = 946_684_800_000;
const epochDay = 10_957;
const nullLength = -1;
/** From here on the engine's own encoder is faster than a loop, which costs no call into native code. */
const longTextLength = 64;

/**
 * Values in Postgres's binary form, one behind the other, each with its length in front: so they stand in arrays and in rows of COPY. They are built
 * without a string per value.
 */
export abstract class BinaryValues {
  protected bytes: Buffer;
  protected view: DataView;

  /** @param offset where the first value begins. */
  protected constructor(
    expectedBytes: number,
    protected offset: number,
  ) {
    this.bytes = Buffer.allocUnsafe(expectedBytes);
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

  /** @param value 16 bytes. */
  pushUuidBytes(value: Uint8Array): void {
    this.bytes.set(value, this.begin(16));
  }

  pushText(text: string): void {
    const start = this.begin(text.length * 3);
    const written =
      text.length < longTextLength && this.writeAscii(text, start)
        ? text.length
        : this.bytes.write(text, start, 'utf8');
    this.offset = start + written;
    this.view.setInt32(start - 4, written);
  }

  pushTextOrNull(text: string): void {
    if (text === '') this.pushNull();
    else this.pushText(text);
  }

  /** False where it met another character. */
  private writeAscii(text: string, start: number): boolean {
    const { bytes } = this;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[start + index] = code;
    }
    return true;
  }

  /** @returns where the value of `length` bytes belongs. */
  protected begin(length: number): number {
    this.reserve(4 + length);
    this.view.setInt32(this.offset, length);
    const start = this.offset + 4;
    this.offset = start + length;
    return start;
  }

  protected reserve(needed: number): void {
    if (this.offset + needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.bytes.length + needed));
    this.bytes.copy(larger, 0, 0, this.offset);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }
}
