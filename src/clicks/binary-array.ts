import { BinaryValues } from './binary-values.js';

/**
 * Postgres arrays in its binary form: this is how a batch of thousands of rows goes into `unnest`.
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

export class BinaryArray extends BinaryValues {
  private count = 0;

  constructor(
    private readonly type: ElementType,
    expectedCount: number,
  ) {
    super(headerBytes + expectedCount * (4 + 16), headerBytes);
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

  protected override begin(length: number): number {
    this.count++;
    return super.begin(length);
  }
}
