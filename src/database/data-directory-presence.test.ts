import { once } from 'node:events';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announcePresence, findPresences, LockHeldError, takeLock } from './data-directory-presence.js';

const isLinux = process.platform === 'linux';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'waypost-presence-')));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('a lock', () => {
  it('has one holder at a time, and everyone who waits gets it', async () => {
    let holders = 0;
    let most = 0;
    const turns = Array.from({ length: 8 }, async () => {
      const lock = await takeLock(folder, 'start', { whenHeld: 'wait' });
      holders++;
      most = Math.max(most, holders);
      await pause(5);
      holders--;
      await lock.release();
    });
    await Promise.all(turns);
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused while held, and names the holder', async () => {
    const lock = await takeLock(folder, 'serve', { whenHeld: 'refuse' });
    const refusal = await takeLock(folder, 'serve', { whenHeld: 'refuse' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LockHeldError);
    expect((refusal as LockHeldError).holder).toMatchObject({ processId: process.pid, isVisible: true });
    await lock.release();
    await lock.release();
    await (await takeLock(folder, 'serve', { whenHeld: 'refuse' })).release();
  });

  it('goes to one of many who ask at once', async () => {
    const asked = Array.from({ length: 8 }, () => takeLock(folder, 'serve', { whenHeld: 'refuse' }));
    const answers = await Promise.allSettled(asked);
    const locks = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    expect(locks).toHaveLength(1);
    await locks[0]?.release();
  });

  it('is not refused because of one that withdraws without an answer', async () => {
    const path = join(folder, 'serve-1-0-0.sock');
    let calls = 0;
    const server = createServer((socket) => {
      socket.destroy();
      calls += 1;
      if (calls === 2) server.close();
    }).listen(path);
    await once(server, 'listening');
    await (await takeLock(folder, 'serve', { whenHeld: 'refuse' })).release();
    expect(calls).toBe(2);
  });

  it('does not concern a lock of another role', async () => {
    const serve = await takeLock(folder, 'serve', { whenHeld: 'refuse' });
    const start = await takeLock(folder, 'start', { whenHeld: 'refuse' });
    expect(readdirSync(folder)).toHaveLength(2);
    await Promise.all([serve.release(), start.release()]);
  });

  it('ends a wait after its time, or by its signal', async () => {
    const lock = await takeLock(folder, 'start', { whenHeld: 'wait' });
    await expect(takeLock(folder, 'start', { whenHeld: 'wait', waitMs: 50 })).rejects.toBeInstanceOf(LockHeldError);
    const signal = AbortSignal.timeout(50);
    await expect(takeLock(folder, 'start', { whenHeld: 'wait', signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await lock.release();
  });
});

describe('a presence', () => {
  it('is found by others until it withdraws, with its phase', async () => {
    const one = await announcePresence(folder, 'user', 'contending');
    const other = await announcePresence(folder, 'user', 'contending');
    one.hold();
    const found = await findPresences(folder, 'user', other.name);
    expect(found).toEqual([{ name: one.name, processId: process.pid, phase: 'holding', isVisible: true }]);
    await one.withdraw();
    expect(await findPresences(folder, 'user', other.name)).toEqual([]);
    await other.withdraw();
  });

  it.skipIf(!isLinux)(`fits into a path of any length${isLinux ? '' : ' (skipped: needs Linux)'}`, async () => {
    const deep = join(folder, 'a'.repeat(120), 'ü'.repeat(60));
    const presence = await announcePresence(deep, 'user', 'holding');
    expect(await findPresences(deep, 'user', '')).toMatchObject([{ phase: 'holding' }]);
    await presence.withdraw();
    expect(readdirSync(deep)).toEqual([]);
  });
});
