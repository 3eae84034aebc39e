import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlacementIds, idsByPartner } from './placement-ids.js';

describe('PlacementIds', () => {
  it('knows exactly the ids that a set would, whatever is added and removed', () => {
    const id = fc.oneof(
      fc.stringMatching(/^[0-9a-f]{12}$/),
      fc.constantFrom('000000000000', 'ffffffffffff', '3f9a0c1be27d', '3f9a0c1be27d01', 'x', ''),
    );
    const change = fc.record({ added: fc.array(id, { maxLength: 40 }), removed: fc.array(id, { maxLength: 20 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.array(id), (changes, others) => {
        const expected = new Set<string>();
        let ids = PlacementIds.none;
        for (const { added, removed } of changes) {
          ids = ids.with(added, removed);
          for (const each of removed) expected.delete(each);
          for (const each of added) expected.add(each);
        }
        expect(new Set(ids)).toEqual(expected);
        expect([...ids]).toHaveLength(expected.size);
        expect(ids.size).toBe(expected.size);
        for (const each of [...others, ...expected]) expect(ids.has(each)).toBe(expected.has(each));
      }),
    );
  });

  it('leaves an older picture as it was', () => {
    const before = PlacementIds.of(['3f9a0c1be27d']);
    before.with(['aaaaaaaaaaaa'], ['3f9a0c1be27d']);
    expect([...before]).toEqual(['3f9a0c1be27d']);
  });

  it('holds 200,000 ids in a few megabytes', () => {
    const ids = Array.from({ length: 200_000 }, (_, index) => (index * 1_398_101).toString(16).padStart(12, '0'));
    const placements = PlacementIds.of(ids);
    expect(placements.size).toBe(200_000);
    expect(ids.every((each) => placements.has(each))).toBe(true);
    expect(placements.has('ffffffffffff')).toBe(false);
  });
});

describe('placements by partner', () => {
  // Copying the list for each id would take 20 billion steps here, and readers wait meanwhile.
  it('are gathered in order, also 200,000 of one partner', () => {
    const ids = Array.from({ length: 200_000 }, (_, index) => String(index));
    const gathered = idsByPartner([['x', 'vpn'], ...ids.map((id) => [id, 'course'] as const), ['y', 'vpn']]);
    expect(gathered.get('course')).toEqual(ids);
    expect(gathered.get('vpn')).toEqual(['x', 'y']);
  });
});
