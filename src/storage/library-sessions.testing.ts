import { expect, it } from 'vitest';
import type { Folder } from './folder.ts';
import { createLibrary } from './session-library.ts';
import { aboutFor, bytesOf, everyPath, opened, streamOfChunks, textOf } from './storage.testing.ts';

/** Entries: save, list, rename, duplicate. `open` gives an empty folder. */
export function itKeepsSessions(open: () => Promise<Folder>): void {
  it('is empty at first', async () => {
    const { library } = await opened(open);
    expect([await library.list(), await library.bytes()]).toEqual([[], 0]);
    expect([await library.about('x'), await library.file('x')]).toEqual([null, null]);
  });

  it('keeps a session, its size and when it was saved; the latest comes first', async () => {
    const { folder, library } = await opened(open);
    const before = new Date().toISOString();
    await library.save(aboutFor('one', { bytes: 999 }), bytesOf('log of one'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await library.save(aboutFor('two'), streamOfChunks(['log ', 'of two, longer']));
    const [two, one] = await library.list();
    expect(one).toEqual({ ...aboutFor('one'), bytes: 10, updated: one?.updated });
    expect(two).toEqual({ ...aboutFor('two'), bytes: 18, updated: two?.updated });
    expect(before <= one!.updated && one!.updated < two!.updated).toBe(true);
    expect(await textOf(await library.file('two'))).toBe('log of two, longer');

    const again = createLibrary({ folder });
    expect(await again.list()).toEqual([two, one]);
    await again.save(aboutFor('one', { evaluations: 9, status: 'finished' }), bytesOf('longer log of one'));
    expect((await library.list()).map(({ id, evaluations, bytes }) => [id, evaluations, bytes])).toEqual([
      ['one', 9, 17],
      ['two', 3, 18],
    ]);
    expect(await folder.list('sessions/one')).toEqual(['about.json', 'session-2.pare']);
  });

  it('keeps the name that a user gave, whatever a run saves later', async () => {
    const { library } = await opened(open);
    await library.save(aboutFor('one', { name: 'LoNAS on demo' }), bytesOf('a'));
    await library.rename('one', '<b>mine</b> 🜨');
    await library.save(aboutFor('one', { name: 'LoNAS on demo' }), bytesOf('b'));
    expect((await library.about('one'))?.name).toBe('<b>mine</b> 🜨');
    expect(await textOf(await library.file('one'))).toBe('b');
    await library.rename('one', '');
    await library.save(aboutFor('one', { name: 'LoNAS on demo' }), bytesOf('c'));
    expect((await library.about('one'))?.name).toBe('LoNAS on demo');
  });

  it('refuses names that are too long, and sessions that are not there', async () => {
    const { library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('a'));
    const long = library.rename('one', 'x'.repeat(201));
    await expect(long).rejects.toMatchObject({ code: 'session-name', remedy: 'Choose a shorter one.' });
    await expect(library.duplicate('one', 'x'.repeat(201))).rejects.toMatchObject({ code: 'session-name' });
    for (const id of ['two', '../one', '']) {
      await expect(library.rename(id, 'x')).rejects.toMatchObject({ code: 'session-missing' });
      await expect(library.duplicate(id, 'x')).rejects.toMatchObject({ code: 'session-missing' });
    }
    expect((await library.about('one'))?.name).toBe('');
  });

  it('duplicates: another entry of the same run, which goes its own way', async () => {
    const { library } = await opened(open);
    await library.save(aboutFor('one', { name: 'first' }), bytesOf('a log'));
    const copy = await library.duplicate('one', 'second');
    const same = { id: copy.id, name: 'second', bytes: 5, updated: copy.updated };
    expect(copy).toEqual({ ...aboutFor('one'), ...same });
    expect(copy.id).not.toBe('one');
    await library.save(aboutFor('one'), bytesOf('goes on'));
    expect(await textOf(await library.file(copy.id))).toBe('a log');
    await library.remove('one');
    expect(await library.list()).toEqual([copy]);
  });

  it.each(['../../x', '..', '.', '', 'a/b', 'A', 'a.b', 'a\\b', 'x'.repeat(65), '__proto__', 'con\0'])(
    'an id such as %j reaches nothing',
    async (id) => {
      const { folder, library } = await opened(open);
      await library.save(aboutFor('one'), bytesOf('a'));
      const paths = await everyPath(folder);
      expect([await library.about(id), await library.file(id)]).toEqual([null, null]);
      await library.remove(id);
      await expect(library.save(aboutFor(id), bytesOf('x'))).rejects.toThrow();
      expect(await everyPath(folder)).toEqual(paths);
    },
  );

  it('leaves out what it cannot read, and lists the rest', async () => {
    const { folder, library } = await opened(open);
    await library.save(aboutFor('fine'), bytesOf('a'));
    const record = { version: 1, file: 'session-1.pare', about: aboutFor('x') };
    const bad: Record<string, string> = {
      empty: '',
      cut: JSON.stringify(record).slice(0, 100),
      older: JSON.stringify(aboutFor('older')),
      newer: JSON.stringify({ ...record, version: 2, about: aboutFor('newer') }),
      other: JSON.stringify(record),
      leading: JSON.stringify({ ...record, file: '../fine/session-1.pare', about: aboutFor('leading') }),
      polluting: JSON.stringify({ ...record, about: aboutFor('polluting') }).replace('{', '{"__proto__":{},'),
      negative: JSON.stringify({ ...record, about: aboutFor('negative', { bytes: -1 }) }),
      long: JSON.stringify({ ...record, about: aboutFor('long', { name: 'x'.repeat(201) }) }),
      huge: ' '.repeat(70_000) + JSON.stringify({ ...record, about: aboutFor('huge') }),
    };
    for (const [id, text] of Object.entries(bad))
      await folder.write(`sessions/${id}/about.json`, bytesOf(text));
    await folder.write('sessions/binary/about.json', new Uint8Array([0xff, 0xfe, 0]));
    await folder.write('sessions/Odd_Name/about.json', bytesOf(JSON.stringify(record)));
    await folder.write('sessions/loose', bytesOf('a file'));
    expect((await library.list()).map(({ id }) => id)).toEqual(['fine']);
    for (const id of Object.keys(bad)) expect(await library.file(id)).toBe(null);
    expect(await library.bytes()).toBeGreaterThan(70_000);
  });

  it('saves over an entry that it cannot read', async () => {
    const { folder, library } = await opened(open);
    await folder.write('sessions/one/about.json', bytesOf('{'));
    await folder.write('sessions/one/session-7.pare', bytesOf('older'));
    await library.save(aboutFor('one'), bytesOf('newer'));
    expect(await textOf(await library.file('one'))).toBe('newer');
    expect(await folder.list('sessions/one')).toEqual(['about.json', 'session-8.pare']);
  });

  it('a save that cannot be completed leaves an entry of another version alone', async () => {
    const { folder, library } = await opened(open);
    await folder.write('sessions/one/about.json', bytesOf('{"version":2}'));
    await folder.write('sessions/one/state-1.pare', bytesOf('newer'));
    const failure = new Error('the device is gone');
    await expect(library.save(aboutFor('one'), streamOfChunks(['a'], failure))).rejects.toBe(failure);
    expect(await folder.list('sessions/one')).toEqual(['about.json', 'state-1.pare']);
  });

  it('a session file that is read stays readable while newer ones are saved', async () => {
    const { folder, library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('first'));
    const first = await library.file('one');
    expect(await library.file('one')).toBe(first);
    for (const text of ['second', 'third']) await library.save(aboutFor('one'), bytesOf(text));
    expect(await textOf(first)).toBe('first');
    expect(await textOf(await library.file('one'))).toBe('third');
    expect(await folder.list('sessions/one')).toEqual(['about.json', 'session-1.pare', 'session-3.pare']);
    // The next page reads it no more.
    await createLibrary({ folder }).save(aboutFor('one'), bytesOf('fourth'));
    expect(await folder.list('sessions/one')).toEqual(['about.json', 'session-4.pare']);
  });

  it('a session can be saved from its own file', async () => {
    const { library } = await opened(open);
    await library.save(aboutFor('one'), bytesOf('abc'));
    const old = (await library.file('one'))!;
    for (let save = 0; save < 3; save++) {
      const stream = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(await old.read(0, 3));
          controller.enqueue(bytesOf(`+${save}`));
          controller.close();
        },
      });
      await library.save(aboutFor('one'), stream);
    }
    expect(await textOf(await library.file('one'))).toBe('abc+2');
  });
}
