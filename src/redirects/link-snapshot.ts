import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { PartnerRow } from './link-rows.js';

/** The link directory as it was last read from Postgres, kept in a file, so that a restart without Postgres serves too. */
export interface LinkSnapshot {
  readonly readAtMs: number;
  readonly partners: readonly PartnerRow[];
  /** Placement ids by partner key, joined by commas. */
  readonly placements: Readonly<Record<string, string>>;
}

const snapshotFormat = 1;

export async function writeLinkSnapshot(path: string, snapshot: LinkSnapshot): Promise<void> {
  // Under another name first: a crash leaves the old one whole. Under one of its own: all workers keep theirs at once.
  const fresh = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(fresh, JSON.stringify({ format: snapshotFormat, ...snapshot }), { mode: 0o600, flush: true });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Undefined where there is none that this version reads. */
export async function readLinkSnapshot(path: string): Promise<LinkSnapshot | undefined> {
  try {
    const parsed = JSON.parse(await readFile(path, 'utf8')) as LinkSnapshot & { format?: number };
    return parsed.format === snapshotFormat && Array.isArray(parsed.partners) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
