import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFiles } from './find-files.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypost-files-'));
  await mkdir(join(folder, 'content/posts/.hidden'), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string) => writeFile(join(folder, name), 'x');
const find = () => findFiles(join(folder, 'content'));

describe('the files of a content folder', () => {
  it('are its Markdown files, sorted, without what is hidden', async () => {
    for (const name of [
      'b.md',
      'a.markdown',
      'posts/c.mdx',
      'posts/d.MD',
      'image.png',
      '.e.md',
      'posts/.hidden/f.md',
    ]) {
      await write(`content/${name}`);
    }
    const { files, refused } = await find();
    expect(files.map((file) => file.name)).toEqual(['a.markdown', 'b.md', 'posts/c.mdx', 'posts/d.MD']);
    expect(refused).toEqual([]);
  });

  it('do not include one that a link leads to outside, which is named', async () => {
    await write('secret.md');
    await symlink(join(folder, 'secret.md'), join(folder, 'content/link.md'));
    await symlink(folder, join(folder, 'content/up'));
    const { files, refused } = await find();
    expect(files).toEqual([]);
    expect(refused.map((one) => one.name)).toEqual(['link.md', 'up']);
  });

  it('are found once, also where links lead in a circle', async () => {
    await write('content/posts/a.md');
    await symlink(join(folder, 'content'), join(folder, 'content/posts/loop'));
    expect((await find()).files.map((file) => file.name)).toEqual(['posts/a.md']);
  });

  it('go by the name of their own folder, not by that of a link to it', async () => {
    await write('content/posts/a.md');
    await mkdir(join(folder, 'content/.shared'));
    await write('content/.shared/b.md');
    await symlink('posts', join(folder, 'content/alias'));
    await symlink('.shared', join(folder, 'content/shared'));
    expect((await find()).files.map((file) => file.name)).toEqual(['posts/a.md', 'shared/b.md']);
  });

  it('do not include a link to nothing, which is named', async () => {
    await symlink(join(folder, 'nowhere.md'), join(folder, 'content/broken.md'));
    expect((await find()).refused).toMatchObject([{ name: 'broken.md' }]);
  });
});
