import { describe, expect, it } from 'vitest';
import type { Folder } from './folder.ts';
import { bytesOf, streamOfChunks, textAt } from './storage.testing.ts';

/** What every folder promises. `open` gives an empty one. */
export function describeFolder(name: string, open: () => Promise<Folder>): void {
  describe(`${name} as a folder`, () => {
    it('gives back what was written, from bytes and from streams, and null for what was not', async () => {
      const folder = await open();
      await folder.write('a/b/c.json', bytesOf('one'));
      await folder.write('a/b/d', streamOfChunks(['two', '', 'three']));
      await folder.write('a/empty', streamOfChunks([]));
      expect(await textAt(folder, 'a/b/c.json')).toBe('one');
      expect(await textAt(folder, 'a/b/d')).toBe('twothree');
      expect(await textAt(folder, 'a/empty')).toBe('');
      const source = await folder.read('a/b/d');
      expect([source?.name, source?.path, source?.size]).toEqual(['d', 'a/b/d', 8]);
      expect([...(await source!.read(3, 5))]).toEqual([...bytesOf('th')]);
      await expect(source!.read(3, 9)).rejects.toMatchObject({ code: 'file-truncated' });
      for (const path of ['a', 'a/b', 'a/x', 'x/y/z', 'a/b/d/e']) expect(await folder.read(path)).toBe(null);
    });

    it('lists names in order', async () => {
      const folder = await open();
      for (const path of ['s/b/f', 's/a', 's/B', 's/b/e', 's/10', 's/9'])
        await folder.write(path, bytesOf(path));
      expect(await folder.list('s')).toEqual(['10', '9', 'B', 'a', 'b']);
      expect(await folder.list('s/b')).toEqual(['e', 'f']);
      for (const path of ['s/a', 'x', 's/x/y']) expect(await folder.list(path)).toEqual([]);
    });

    it('removes files, and folders with all that is in them', async () => {
      const folder = await open();
      for (const path of ['s/a', 's/ab', 's/b/c/d', 's/b/e']) await folder.write(path, bytesOf(path));
      for (const path of ['s/a', 's/b', 's/x', 'x/y']) await folder.remove(path);
      expect(await folder.list('s')).toEqual(['ab']);
      expect(await folder.read('s/b/c/d')).toBe(null);
    });

    it('writes over what is there; who reads the old file gets its bytes or an error, never a mixture', async () => {
      const folder = await open();
      for (const next of ['newer', null]) {
        await folder.write('s/a', bytesOf('older'));
        const old = await folder.read('s/a');
        if (next) await folder.write('s/a', bytesOf(next));
        else await folder.remove('s/a');
        expect(await textAt(folder, 's/a')).toBe(next);
        const read = await old!.read(0, 5).catch((error: { code: string }) => error.code);
        expect(['file-unreadable', String(bytesOf('older'))]).toContain(String(read));
      }
    });

    it('a stream that fails leaves the old file, or none, and its own error', async () => {
      const folder = await open();
      const failure = new Error('the device is gone');
      await folder.write('s/a', bytesOf('old'));
      for (const path of ['s/a', 's/new', 't/new']) {
        await expect(folder.write(path, streamOfChunks(['half of'], failure))).rejects.toBe(failure);
      }
      expect(await textAt(folder, 's/a')).toBe('old');
      expect([await folder.list('s'), await folder.list('t')]).toEqual([['a'], []]);
    });

    it('shows nothing of a file that is still being written', async () => {
      const folder = await open();
      await folder.write('s/a', bytesOf('old'));
      for (const path of ['s/a', 's/new']) {
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        const done = folder.write(path, readable);
        const writer = writable.getWriter();
        await writer.write(bytesOf('first '));
        await writer.write(bytesOf('second'));
        expect([await textAt(folder, 's/a'), await folder.list('s')]).toEqual(['old', ['a']]);
        if (path === 's/a') {
          await writer.abort(new Error('closed'));
          await expect(done).rejects.toThrow('closed');
        } else {
          await writer.close();
          await done;
        }
      }
      expect(await textAt(folder, 's/new')).toBe('first second');
      expect(await textAt(folder, 's/a')).toBe('old');
    });

    it('takes the chunk as it is, though it is filled again', async () => {
      const folder = await open();
      const chunk = bytesOf('abcd');
      let pulls = 0;
      const stream = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (pulls === 3) return controller.close();
            controller.enqueue(chunk.fill(65 + pulls++));
          },
        },
        { highWaterMark: 0 },
      );
      await folder.write('s/a', stream);
      expect(await textAt(folder, 's/a')).toBe('AAAABBBBCCCC');
    });

    it.each([
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/../b',
      '.hidden',
      'a\\b',
      'a\0',
      'ä',
      'a b',
      'x'.repeat(101),
    ])('takes no path such as %j', async (path) => {
      const folder = await open();
      await expect((async () => folder.read(path))()).rejects.toThrow('is no path');
      await expect((async () => folder.write(path, bytesOf('x')))()).rejects.toThrow('is no path');
      await expect((async () => folder.remove(path))()).rejects.toThrow('is no path');
      await expect((async () => folder.list(path))()).rejects.toThrow('is no path');
    });
  });
}
