/** The process dies, or the storage refuses, at each change that each operation makes: what is there then, and after a second try. */
import { describe, expect, it } from 'vitest';
import { died, failures, FailingFolder } from './failing-folder.testing.ts';
import type { Folder } from './folder.ts';
import type { SessionLibrary } from './library.ts';
import { memoryFolder } from './memory-folder.ts';
import { createLibrary } from './session-library.ts';
import { aboutFor, bytesOf, contents, everyPath, fileOf, hash } from './storage.testing.ts';

/** Two sessions that share their data, each with its model, and what `remove` sweeps: a copy that nobody needs. */
async function furnished(): Promise<Folder> {
  const folder = memoryFolder();
  const library = createLibrary({ folder });
  const other = { model: { name: 'other', sha256: hash('b') } };
  await library.save(aboutFor('one', { name: 'first' }), bytesOf('log of one'));
  await library.save(aboutFor('two', other), bytesOf('log of two'));
  for (const digit of ['a', 'b']) {
    await library.keep('models', hash(digit), [
      fileOf('m/config.json', digit),
      fileOf('m/weights', 'weights'),
    ]);
  }
  await library.keep('data', hash('d'), [fileOf('problems.jsonl', 'data')]);
  return folder;
}

const operations: Record<string, (library: SessionLibrary) => Promise<unknown>> = {
  'save a new session': (library) => library.save(aboutFor('three'), bytesOf('log of three')),
  'save a session again': (library) =>
    library.save(aboutFor('one', { evaluations: 50 }), bytesOf('longer log')),
  rename: (library) => library.rename('one', 'renamed'),
  duplicate: (library) => library.duplicate('one', 'copy'),
  'remove a session with its model': (library) => library.remove('one'),
  'keep a data set': (library) => library.keep('data', hash('e'), [fileOf('e/a', 'a'), fileOf('e/b', 'b')]),
  'keep a model': (library) => library.keep('models', hash('e'), [fileOf('e/a', 'a'), fileOf('e/b', 'b')]),
};

/** Ids of duplicates are random: they go by what they hold. */
const shown = async (folder: Folder): Promise<string[]> =>
  Object.entries(await contents(createLibrary({ folder })))
    .map(([key, value]) =>
      JSON.stringify([key.replace(/^[0-9a-f-]{36}$/, 'id'), { ...(value as object), id: '' }]),
    )
    .sort();

describe.each(Object.entries(operations))('%s', (_, operate) => {
  it.each(failures)('fails %s any of its changes', async (failure) => {
    const old = await shown(await furnished());
    const done = await furnished();
    const counting = new FailingFolder(done, -1, failure);
    await operate(createLibrary({ folder: counting }));
    const all = await shown(done);
    expect(all).not.toEqual(old);
    expect(counting.changes).toBeGreaterThan(0);

    for (let at = 0; at < counting.changes; at++) {
      const folder = await furnished();
      const error: unknown = await operate(
        createLibrary({ folder: new FailingFolder(folder, at, failure) }),
      ).catch((cause: unknown) => cause);
      const left = await shown(folder);
      // A removal that dies between the entry and its files has removed the entry: what it shared is never touched.
      const entryOnly = all
        .filter((line) => !line.startsWith('["id"'))
        .concat(old.filter((line) => line.startsWith('["models a"')));
      expect([old, all, entryOnly.sort()], `change ${at}`).toContainEqual(left);
      if (error === undefined) expect(left).toEqual(all);
      else if (error instanceof Error) expect(error).toBe(died);
      if (JSON.stringify(left) === JSON.stringify(old)) {
        await operate(createLibrary({ folder }));
        expect(await shown(folder), `change ${at}, again`).toEqual(all);
      }
    }
  });

  it.each(failures)(
    'leaves nothing that removing the sessions does not sweep away, where it fails %s',
    async (failure) => {
      for (let at = 0; at < 12; at++) {
        const folder = await furnished();
        await operate(createLibrary({ folder: new FailingFolder(folder, at, failure) })).catch(
          () => undefined,
        );
        const library = createLibrary({ folder });
        for (const { id } of await library.list()) await library.remove(id);
        await library.remove('one');
        expect(await everyPath(folder), `change ${at}`).toEqual([]);
      }
    },
  );
});

describe('forgetting everything', () => {
  it.each(failures)(
    'fails %s any of its changes: whole entries or none, and a second try completes it',
    async (failure) => {
      for (let at = 0; at < 12; at++) {
        const folder = await furnished();
        const before = await shown(folder);
        await createLibrary({ folder: new FailingFolder(folder, at, failure) })
          .clear()
          .catch(() => undefined);
        for (const line of await shown(folder)) expect(before).toContain(line);
        await createLibrary({ folder }).clear();
        expect(await everyPath(folder)).toEqual([]);
      }
    },
  );
});

describe('a change that is refused once', () => {
  it('leaves nothing of a copy or a session that came to nothing', async () => {
    for (let at = 0; at < 3; at++) {
      const folder = await furnished();
      const paths = await everyPath(folder);
      const failing = () => createLibrary({ folder: new FailingFolder(folder, at, 'refused') });
      await expect(failing().keep('data', hash('e'), [fileOf('a', 'a'), fileOf('b', 'b')])).rejects.toBe(
        died,
      );
      if (at < 2) await expect(failing().save(aboutFor('three'), bytesOf('x'))).rejects.toBe(died);
      if (at < 2) await expect(failing().save(aboutFor('one'), bytesOf('x'))).rejects.toBe(died);
      expect(await everyPath(folder)).toEqual(paths);
    }
  });
});
