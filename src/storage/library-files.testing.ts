import { expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { Folder } from './folder.ts';
import { createLibrary } from './session-library.ts';
import { aboutFor, bytesOf, everyPath, fileOf, filesAndTexts, hash, opened } from './storage.testing.ts';

/** Files of models and data sets, and what removes them. `open` gives an empty folder. */
export function itKeepsFiles(open: () => Promise<Folder>): void {
  const model = () => [
    fileOf('my model/config.json', '{}'),
    fileOf('my model/../../etc/passwd', 'harmless'),
    fileOf(`ünï/‮codé🜨 \ud800 "quoted"\\back.json`, 'odd'),
    fileOf(`${'long/'.repeat(60)}${'name'.repeat(100)}.safetensors`, 'weights'),
    fileOf('CON', ''),
    fileOf('constructor/__proto__', 'not an object'),
    fileOf('index.json', 'not the index'),
  ];

  it('gives back files with their paths, whatever these are', async () => {
    const { folder, library } = await opened(open);
    expect(await library.kept('models', hash('a'))).toBe(null);
    expect(await library.keep('models', hash('a'), model())).toBe(true);
    const kept = (await createLibrary({ folder }).kept('models', hash('a')))!;
    expect(await filesAndTexts(kept)).toEqual(await filesAndTexts(model()));
    expect(kept.map(({ size }) => size)).toEqual(model().map(({ size }) => size));
    expect([await library.kept('data', hash('a')), await library.kept('models', hash('b'))]).toEqual([
      null,
      null,
    ]);
  });

  it.each(['../x', '', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}/`])(
    '%j is no hash',
    async (sha256) => {
      const { folder, library } = await opened(open);
      expect(await library.kept('models', sha256)).toBe(null);
      await expect(library.keep('models', sha256, model())).rejects.toThrow('is no SHA-256');
      expect(await everyPath(folder)).toEqual([]);
    },
  );

  it('copies large files in slices, and only once', async () => {
    const { library } = await opened(open);
    const megabyte = 2 ** 20;
    const reads: number[] = [];
    const large = {
      name: 'large',
      path: 'm/large',
      size: 20 * megabyte + 1,
      read(begin: number, end: number) {
        reads.push(end - begin);
        return Promise.resolve(new Uint8Array(end - begin).fill(begin / megabyte));
      },
    };
    expect(await library.keep('models', hash('a'), [large])).toBe(true);
    expect(reads).toEqual([8 * megabyte, 8 * megabyte, 4 * megabyte + 1]);
    expect(await library.keep('models', hash('a'), [large])).toBe(true);
    expect(reads.length).toBe(3);
    const [kept] = (await library.kept('models', hash('a')))!;
    expect([...(await kept!.read(8 * megabyte - 1, 8 * megabyte + 1))]).toEqual([0, 8]);
    expect(kept!.size).toBe(large.size);
  });

  it('keeps nothing that would take more than half of the room that is left', async () => {
    const folder = await open();
    const within = (room: number | null) => createLibrary({ folder, room: () => Promise.resolve(room) });
    const ten = [fileOf('a', '12345'), fileOf('b', '67890')];
    expect(await within(19).keep('data', hash('d'), ten)).toBe(false);
    expect(await within(0).keep('data', hash('d'), ten)).toBe(false);
    expect([await everyPath(folder), await within(0).kept('data', hash('d'))]).toEqual([[], null]);
    expect(await within(20).keep('data', hash('d'), ten)).toBe(true);
    expect(await within(null).keep('data', hash('e'), ten)).toBe(true);
    // What is kept needs no more room.
    expect(await within(0).keep('data', hash('d'), ten)).toBe(true);
  });

  it('a source that fails leaves nothing, and its error', async () => {
    const { folder, library } = await opened(open);
    const gone = new PareError('file-unreadable', 'm/b could not be read.', 'Open it again.');
    const broken = { ...fileOf('m/b', '12345'), read: () => Promise.reject(gone) };
    await expect(library.keep('models', hash('a'), [fileOf('m/a', 'x'), broken])).rejects.toBe(gone);
    expect([await everyPath(folder), await library.kept('models', hash('a'))]).toEqual([[], null]);
    expect(await library.keep('models', hash('a'), [fileOf('m/a', 'x')])).toBe(true);
  });

  it.each(['file-0', 'file-1', 'index.json'])(
    'a copy without its %s is none, and is made again',
    async (name) => {
      const { folder, library } = await opened(open);
      const two = [fileOf('a', 'first'), fileOf('b', 'second')];
      await library.keep('models', hash('a'), two);
      const path = `models/${hash('a')}/${name}`;
      for (const breaking of [() => folder.remove(path), () => folder.write(path, bytesOf('cut'))]) {
        await breaking();
        expect(await library.kept('models', hash('a'))).toBe(null);
        expect(await library.keep('models', hash('a'), two)).toBe(true);
        expect(await filesAndTexts((await library.kept('models', hash('a')))!)).toEqual(
          await filesAndTexts(two),
        );
      }
    },
  );

  it('files go with the last session that needs them', async () => {
    const { folder, library } = await opened(open);
    const needs = (m: string, d: string) => ({
      model: { name: 'm', sha256: hash(m) },
      data: { name: 'd', sha256: hash(d) },
    });
    await library.save(aboutFor('one', needs('a', 'd')), bytesOf('1'));
    await library.save(aboutFor('two', { ...needs('a', 'e'), tests: [hash('c')] }), bytesOf('2'));
    for (const digit of ['a', 'b']) await library.keep('models', hash(digit), [fileOf('m', digit)]);
    for (const digit of ['c', 'd', 'e']) await library.keep('data', hash(digit), [fileOf('d', digit)]);
    await library.remove('one');
    expect([await folder.list('models'), await folder.list('data')]).toEqual([
      [hash('a')],
      [hash('c'), hash('e')],
    ]);
    expect((await library.list()).map(({ id }) => id)).toEqual(['two']);
    await library.remove('two');
    await library.remove('two');
    expect([await everyPath(folder), await library.bytes()]).toEqual([[], 0]);
  });

  it('files that an unreadable entry names stay', async () => {
    const { folder, library } = await opened(open);
    const newer = { version: 2, needs: [{ weights: hash('b') }] };
    await folder.write('sessions/newer/about.json', bytesOf(JSON.stringify(newer)));
    await library.save(aboutFor('one'), bytesOf('1'));
    for (const digit of ['a', 'b']) await library.keep('models', hash(digit), [fileOf('m', digit)]);
    await library.remove('one');
    expect(await folder.list('models')).toEqual([hash('b')]);
    expect(await folder.list('sessions')).toContain('newer');
  });

  it('counts all bytes, and forgets everything', async () => {
    const { folder, library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('12345'));
    const one = await library.bytes();
    expect(one).toBeGreaterThan(5);
    await library.keep('models', hash('a'), [fileOf('m', 'x'.repeat(1000))]);
    expect(await library.bytes()).toBeGreaterThan(one + 1000);
    await folder.write('sessions/broken/about.json', bytesOf('{'));
    await folder.write('sessions/No_Id/about.json', bytesOf('{'));
    await library.clear();
    expect([await everyPath(folder), await library.bytes(), await library.list()]).toEqual([[], 0, []]);
  });
}
