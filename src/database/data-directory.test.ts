import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDataDirectory } from './data-directory.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waypost-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('a data directory', () => {
  it('is made with all that is missing above it, for this user alone', () => {
    const path = join(folder, 'a', 'b', 'c');
    expect(makeDataDirectory(path)).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(makeDataDirectory(path)).toBe(path);
  });

  it('is the folder that a symbolic link leads to', () => {
    symlinkSync(folder, join(folder, 'link'));
    expect(makeDataDirectory(join(folder, 'link'))).toBe(folder);
  });

  it('cannot be where a file is, nor below one', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeDataDirectory(join(folder, 'file'))).toThrow(/a file has its name.*WAYPOST_DATA_DIR/);
    expect(() => makeDataDirectory(join(folder, 'file', 'data'))).toThrow(/a part of its path is a file/);
  });

  it.runIf(process.platform === 'linux')('cannot be where no folder can be made', () => {
    expect(() => makeDataDirectory('/proc/waypost/data')).toThrow(/cannot be used: .+WAYPOST_DATA_DIR/);
  });
});
