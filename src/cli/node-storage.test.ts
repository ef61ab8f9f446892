import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeFolder } from '../storage/folder-suite.testing.ts';
import { describeLibrary } from '../storage/library-suite.testing.ts';
import { bytesOf, streamOfChunks, textAt } from '../storage/storage.testing.ts';
import { nodeStorage } from './node-storage.ts';

const directory = () => mkdtemp(join(tmpdir(), 'pare-storage-'));
const open = async () => nodeStorage(await directory());
describeFolder('a directory', open);
describeLibrary('a directory', open);

describe('on disk', () => {
  it('leaves no parts behind, whether a write is completed or not', async () => {
    const path = await directory();
    const folder = await nodeStorage(path);
    await folder.write('s/a', bytesOf('kept'));
    await expect(folder.write('s/b', streamOfChunks(['half'], new Error('gone')))).rejects.toThrow('gone');
    expect(await readdir(join(path, '.parts'))).toEqual([]);
    expect(await readdir(path)).toEqual(['.parts', 's']);
  });

  it('removes the parts of processes that are no more, and no others', async () => {
    const path = await directory();
    const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await new Promise((resolve) => dead.once('exit', resolve));
    await mkdir(join(path, '.parts'));
    for (const name of [`${dead.pid}-0`, `${process.pid}-99999`])
      await writeFile(join(path, '.parts', name), 'x');
    await nodeStorage(path);
    expect(await readdir(join(path, '.parts'))).toEqual([`${process.pid}-99999`]);
  });

  it('a folder in the way: storage-denied, with a remedy', async () => {
    const folder = await open();
    await folder.write('s/a/b', bytesOf('kept'));
    const denied = { code: 'storage-denied', remedy: expect.stringContaining('folder') };
    await expect(folder.write('s/a', bytesOf('x'))).rejects.toMatchObject(denied);
    await expect(folder.write('s/a/b/c', bytesOf('x'))).rejects.toMatchObject(denied);
    expect(await textAt(folder, 's/a/b')).toBe('kept');
  });

  it.skipIf(process.getuid?.() === 0)('a folder that may not be written to: storage-denied', async () => {
    const path = await directory();
    const folder = await nodeStorage(path);
    await chmod(path, 0o500);
    await expect(folder.write('s/a', bytesOf('x'))).rejects.toMatchObject({ code: 'storage-denied' });
  });
});

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  it('is said to be full, and loses nothing', async () => {
    const path = await directory();
    const folder = await nodeStorage(path);
    await folder.write('s/a', bytesOf('kept'));
    // Whatever the next part is called, it is the device on which every write finds the disk full.
    for (let part = 0; part < 1000; part++) {
      await symlink('/dev/full', join(path, '.parts', `${process.pid}-${part}`));
    }
    const full = folder.write('s/a', streamOfChunks(['new']));
    await expect(full).rejects.toMatchObject({
      code: 'storage-full',
      remedy: expect.stringContaining('disk'),
    });
    expect(await textAt(folder, 's/a')).toBe('kept');
  });
});
