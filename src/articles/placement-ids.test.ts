import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnownPlacement, PlacementCall } from './placement-ids.js';
import { assignPlacementIds, placementId } from './placement-ids.js';

const PATH = '/posts/a';
const call = (partnerKey: string, text: string, label?: string): PlacementCall => ({ partnerKey, text, label });
const nobody = (): boolean => false;

/** What the database holds after a save. */
function save(calls: readonly PlacementCall[], known: readonly KnownPlacement[] = []): KnownPlacement[] {
  const assigned = assignPlacementIds(PATH, calls, known, nobody);
  const living = calls.map((one, position) => ({ ...one, id: assigned[position]?.id ?? '', position, retired: false }));
  const ids = new Set(living.map((placement) => placement.id));
  return [...living, ...known.filter((old) => !ids.has(old.id)).map((old) => ({ ...old, retired: true }))];
}

const idOf = (placements: readonly KnownPlacement[], text: string): string | undefined =>
  placements.find((placement) => placement.text === text && !placement.retired)?.id;

describe('placement ids', () => {
  it('are what a static site computes from path, key and occurrence', () => {
    const expected = createHash('sha256').update('/posts/a\ncourse\n2').digest('hex').slice(0, 12);
    const saved = save([call('course', 'one'), call('course', 'two')]);
    expect(idOf(saved, 'two')).toBe(expected);
  });

  it('come from the explicit name where the call gives one', () => {
    expect(save([call('course', 'one', 'hero')])[0]?.id).toBe(placementId(PATH, 'course', '@hero'));
  });

  it('stay when a link to the same partner is added above', () => {
    const before = save([call('course', 'old')]);
    const after = save([call('course', 'new'), call('course', 'old')], before);
    expect(idOf(after, 'old')).toBe(idOf(before, 'old'));
    expect(idOf(after, 'new')).toBe(placementId(PATH, 'course', '2'));
  });

  it('stay when paragraphs change places', () => {
    const before = save([call('course', 'one'), call('course', 'two'), call('vpn', 'three')]);
    const after = save([call('vpn', 'three'), call('course', 'two'), call('course', 'one')], before);
    for (const text of ['one', 'two', 'three']) expect(idOf(after, text)).toBe(idOf(before, text));
  });

  it('stay when only the text is edited', () => {
    const before = save([call('course', 'one'), call('course', 'two')]);
    const after = save([call('course', 'one'), call('course', 'better')], before);
    expect(idOf(after, 'better')).toBe(idOf(before, 'two'));
  });

  it('stay with an explicit name when text and place change', () => {
    const before = save([call('course', 'one', 'hero'), call('course', 'two')]);
    const after = save([call('course', 'two'), call('course', 'first', 'hero')], before);
    expect(idOf(after, 'first')).toBe(idOf(before, 'one'));
  });

  it('are new when the partner changes', () => {
    const before = save([call('course', 'one')]);
    const after = save([call('vpn', 'one')], before);
    expect(idOf(after, 'one')).toBe(placementId(PATH, 'vpn', '1'));
  });

  it('come back when a call that was taken out returns', () => {
    const before = save([call('course', 'one')]);
    const after = save([call('course', 'one')], save([], before));
    expect(idOf(after, 'one')).toBe(idOf(before, 'one'));
  });

  it('skip a number whose id belongs to another article', () => {
    const taken = placementId(PATH, 'course', '1');
    const [assigned] = assignPlacementIds(PATH, [call('course', 'one')], [], (id) => id === taken);
    expect(assigned).toEqual({ id: placementId(PATH, 'course', '2'), ordinal: 1, minted: true });
  });

  it('are matched in one look at each call, so that a page of very many links is saved at once', () => {
    // Counted, not timed: a search through all that is left reads each placement thousands of times.
    let reads = 0;
    const counted = (placement: KnownPlacement): KnownPlacement => ({
      ...placement,
      get partnerKey() {
        reads += 1;
        return placement.partnerKey;
      },
    });
    const calls = [...Array(2000).keys()].map((index) => call('course', `text ${index}`));
    const known = save(calls);
    const assigned = assignPlacementIds(PATH, [...calls].reverse(), known.map(counted), nobody);
    expect(assigned.map(({ id }) => id)).toEqual(known.map(({ id }) => id).reverse());
    expect(reads).toBeLessThan(calls.length * 10);
  });

  it('are given once each, and never change partner, whatever the edits', () => {
    const calls = fc.array(
      fc.record({
        partnerKey: fc.constantFrom('course', 'vpn'),
        text: fc.constantFrom('one', 'two', 'three'),
        label: fc.constantFrom(undefined, undefined, 'hero', 'foot'),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 5 }), (edits) => {
        const owners = new Map<string, string>();
        let known: KnownPlacement[] = [];
        for (const edit of edits) {
          known = save(edit, known);
          const living = known.filter((placement) => !placement.retired).map((placement) => placement.id);
          expect(new Set(living).size).toBe(edit.length);
          for (const { id, partnerKey } of known) {
            expect(owners.get(id) ?? partnerKey).toBe(partnerKey);
            owners.set(id, partnerKey);
          }
        }
      }),
    );
  });
});
