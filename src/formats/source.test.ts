import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFile, nodeFolder } from '../cli/node-files.ts';
import { PareError } from '../lib/assert.ts';
import { fetchSource } from './fetch-source.ts';
import { blobSource, bytesSource, type FileSource, folderOf, readText } from './source.ts';

const content = new TextEncoder().encode('0123456789');

async function onDisk(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pare-files-'));
  await mkdir(join(folder, 'adapter', 'deep'), { recursive: true });
  await writeFile(join(folder, 'config.json'), content);
  await writeFile(join(folder, '.hidden'), content);
  await writeFile(join(folder, 'adapter', 'a.txt'), content);
  await writeFile(join(folder, 'adapter', 'deep', 'b.txt'), content);
  return folder;
}

const sources: [string, () => Promise<FileSource>][] = [
  ['a blob', async () => blobSource('x/file.txt', new Blob([content]))],
  ['bytes', async () => bytesSource('x/file.txt', content)],
  ['a file on disk', async () => nodeFile(join(await onDisk(), 'config.json'), 'x/file.txt')],
  [
    'something fetched',
    async () => fetchSource(`data:text/plain;base64,${btoa('0123456789')}`, 'x/file.txt'),
  ],
];

describe.each(sources)('%s', (_, make) => {
  it('has a name, a path, a size and slices', async () => {
    const source = await make();
    expect([source.name, source.path, source.size]).toEqual(['file.txt', 'x/file.txt', 10]);
    const part = await source.read(2, 5);
    expect([...part]).toEqual([50, 51, 52]);
    expect(part.byteOffset).toBe(0);
    expect(part.buffer.byteLength).toBe(3);
    expect(await readText(source, 10)).toBe('0123456789');
  });

  it('fails on a slice beyond its end, and when aborted', async () => {
    const source = await make();
    await expect(source.read(8, 12)).rejects.toThrowError(/file\.txt ends early: bytes 8 to 12/);
    await expect(source.read(0, 1, AbortSignal.abort())).rejects.toThrowError();
    await expect(readText(source, 9)).rejects.toThrowError(/10 bytes; at most 9/);
  });
});

describe('files', () => {
  it('lists a folder two levels deep, without hidden files', async () => {
    const folder = await onDisk();
    expect((await nodeFolder(folder)).map(({ path }) => path)).toEqual(['adapter/a.txt', 'config.json']);
    expect((await nodeFolder(join(folder, 'config.json'))).map(({ path }) => path)).toEqual(['config.json']);
    await expect(nodeFolder(join(folder, 'nothing'))).rejects.toThrowError(PareError);
  });

  it('refuses text that is not UTF-8, and drops a byte-order mark', async () => {
    await expect(
      readText(bytesSource('a.csv', new Uint8Array([0xff, 0xfe, 65, 0])), 10),
    ).rejects.toThrowError(/UTF-16/);
    expect(await readText(bytesSource('a.csv', new Uint8Array([0xef, 0xbb, 0xbf, 65])), 10)).toBe('A');
    expect([folderOf('a/b/c'), folderOf('a')]).toEqual(['a/b', '']);
  });

  it('says what could not be fetched', async () => {
    await expect(fetchSource('http://127.0.0.1:1/demo/config.json')).rejects.toThrowError(
      /config\.json could not be loaded/,
    );
  });
});
