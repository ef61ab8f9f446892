import { expect, it } from 'vitest';
import type { Folder } from './folder.ts';
import { aboutFor, bytesOf, fileOf, filesAndTexts, hash, opened, textOf } from './storage.testing.ts';

/** Several operations at once. `open` gives an empty folder. */
export function itOverlaps(open: () => Promise<Folder>): void {
  it('two copies of the same files are made one after the other', async () => {
    const { library } = await opened(open);
    let reads = 0;
    const counted = (path: string, text: string) => {
      const source = fileOf(path, text);
      return { ...source, read: (a: number, b: number) => (reads++, source.read(a, b)) };
    };
    const two = () => [counted('m/a', 'first'), counted('m/b', 'second')];
    const done = await Promise.all([1, 2, 3].map(() => library.keep('models', hash('a'), two())));
    expect([done, reads]).toEqual([[true, true, true], 2]);
    expect(
      (await filesAndTexts((await library.kept('models', hash('a')))!)).map(([, , text]) => text),
    ).toEqual(['first', 'second']);
  });

  it('where the first copy fails, the next one is made', async () => {
    const { library } = await opened(open);
    const failure = new Error('gone');
    const broken = { ...fileOf('m/a', 'first'), read: () => Promise.reject(failure) };
    const [first, second] = await Promise.allSettled([
      library.keep('models', hash('a'), [broken]),
      library.keep('models', hash('a'), [fileOf('m/a', 'first')]),
    ]);
    expect([first, second]).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: true },
    ]);
    expect(await library.kept('models', hash('a'))).not.toBe(null);
  });

  it('saves, renames, duplicates and removals at once leave whole entries', async () => {
    const { folder, library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('0'));
    await library.save(aboutFor('two'), bytesOf('0'));
    const saves = Array.from({ length: 8 }, (_, i) =>
      library.save(aboutFor('one'), bytesOf('x'.repeat(i + 1))),
    );
    const names = ['p', 'q', 'r'].map((name) => library.rename('one', name));
    const copies = [library.duplicate('one', 'copy'), library.duplicate('one', 'copy')];
    const looks = Array.from({ length: 20 }, async () => {
      const about = await library.about('one');
      return [about !== null, (await library.file('one')) !== null];
    });
    await Promise.all([...saves, ...names, ...copies, library.remove('two')]);
    for (const look of await Promise.all(looks)) expect(look).toEqual([true, true]);
    expect(await library.about('one')).toMatchObject({ name: 'r', bytes: 8 });
    const entries = await library.list();
    expect(entries.length).toBe(3);
    for (const { id, bytes } of entries) {
      expect((await library.file(id))?.size).toBe(bytes);
      expect(await folder.list(`sessions/${id}`)).toContain('about.json');
    }
    expect((await folder.list('sessions')).length).toBe(3);
  });

  it('a renaming does not wait for a save that is under way, and is not undone by it', async () => {
    const { library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('0'));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const saved = library.save(aboutFor('one'), readable);
    await library.rename('one', 'mine');
    expect(await textOf(await library.file('one'))).toBe('0');
    const writer = writable.getWriter();
    await writer.write(bytesOf('12'));
    await writer.close();
    await saved;
    expect(await library.about('one')).toMatchObject({ name: 'mine', bytes: 2 });
  });
}
