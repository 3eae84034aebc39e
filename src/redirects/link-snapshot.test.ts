import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLinkSnapshot, writeLinkSnapshot, type LinkSnapshot } from './link-snapshot.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waypost-links-'));
});
afterEach(() => rm(directory, { recursive: true }));

const snapshot = (ids: number): LinkSnapshot => ({
  readAtMs: ids,
  partners: [],
  placements: { training_partner: '3f9a0c1be27d,'.repeat(ids) },
});

describe('the kept link directory', () => {
  it('is whole when several workers keep theirs at once', async () => {
    const path = join(directory, 'links.json');
    for (let round = 0; round < 20; round++) {
      const sizes = Array.from({ length: 8 }, (_, index) => 1 + ((round + index) % 8) * 3000);
      await Promise.all(sizes.map((size) => writeLinkSnapshot(path, snapshot(size))));
      const kept = await readLinkSnapshot(path);
      expect(kept).toMatchObject(snapshot(kept?.readAtMs ?? 0));
    }
    expect(await readdir(directory)).toEqual(['links.json']);
  });

  it('that cannot be written leaves nothing behind', async () => {
    await expect(writeLinkSnapshot(join(directory, 'absent', 'links.json'), snapshot(1))).rejects.toThrow(/ENOENT/);
    expect(await readdir(directory)).toEqual([]);
  });

  it('that is none, or of another version, is not served', async () => {
    expect(await readLinkSnapshot(join(directory, 'links.json'))).toBeUndefined();
  });
});
