import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClickId } from './click-id.js';
import type { LoggedClick } from './logged-click.js';
import { RecordReader, RecordWriter } from './record-codec.js';

const click = (changes: Partial<LoggedClick> = {}): LoggedClick => ({
  id: createClickId(1_763_950_000_123),
  partnerKey: 'training_partner',
  placementId: '3f9a0c1be27d',
  targetKey: '',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  referrerHost: 'blog.example.org',
  country: 'DE',
  visitorHigh: 0xfedcba98,
  visitorLow: 0x01234567,
  marks: 1,
  ...changes,
});

function readAll(bytes: Uint8Array): (LoggedClick | string)[] {
  const reader = new RecordReader();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: (LoggedClick | string)[] = [];
  for (let offset = 0; ;) {
    const frame = reader.readFrame(bytes, view, offset, bytes.length);
    if (frame.kind === 'nothing') return found;
    if (frame.kind !== 'text') found.push(frame.kind === 'click' ? frame.click : frame.kind);
    offset = frame.next;
  }
}

describe('records', () => {
  it('come back as they were written', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const anyClick = fc.record({
      timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      partnerKey: text,
      placementId: fc.oneof(
        fc.stringMatching(/^[0-9a-f]{12}$/),
        fc.constantFrom('', '000000000000', '3f9a0c1be27d01', 'x'),
      ),
      userAgent: text,
      referrerHost: text,
      targetKey: text,
      country: fc.constantFrom('', 'DE', 'US'),
      visitorHigh: fc.integer({ min: 0, max: 0xffff_ffff }),
      visitorLow: fc.integer({ min: 0, max: 0xffff_ffff }),
      marks: fc.integer({ min: 0, max: 0x7fff }),
    });
    fc.assert(
      fc.property(fc.array(anyClick, { maxLength: 20 }), (inputs) => {
        const writer = new RecordWriter();
        const clicks = inputs.map(({ timeMs, ...rest }) => click({ id: createClickId(timeMs), ...rest }));
        for (const each of clicks) writer.writeClick(each);
        writer.writeEnd();
        expect(readAll(writer.take().slice())).toEqual([...clicks, 'end']);
      }),
    );
  });

  it('take 50 bytes once their texts are known', () => {
    const writer = new RecordWriter();
    writer.writeClick(click());
    const before = writer.byteLength;
    writer.writeClick(click());
    expect(writer.byteLength - before).toBe(50);
  });

  it('keep their codes from one group to the next, and lose them with the stream', () => {
    const writer = new RecordWriter();
    writer.writeClick(click());
    const first = writer.take().slice();
    writer.writeClick(click());
    const second = writer.take().slice();
    expect(second.length).toBe(50);
    expect(readAll(second)).toEqual(['unreadable']);
    expect(readAll(Buffer.concat([first, second]))).toHaveLength(2);
    writer.reset();
    writer.writeClick(click());
    expect(writer.take().length).toBe(first.length);
  });

  it('are refused when any single bit of them has changed', () => {
    const writer = new RecordWriter();
    writer.writeClick(click({ userAgent: '', referrerHost: '', partnerKey: '' }));
    const bytes = writer.take().slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(readAll(damaged)).toEqual([]);
    }
  });

  it('cut a text to what a frame holds', () => {
    const writer = new RecordWriter();
    writer.writeClick(click({ userAgent: 'ü'.repeat(5000) }));
    const [read] = readAll(writer.take());
    expect((read as LoggedClick).userAgent).toBe('ü'.repeat(2047));
  });

  it('say when a stream has no codes left', () => {
    const writer = new RecordWriter();
    for (let number = 0; !writer.isFull; number++) writer.writeClick(click({ referrerHost: `${number}.example` }));
    expect(readAll(writer.take()).at(-1)).toMatchObject({ partnerKey: 'training_partner' });
  });
});
