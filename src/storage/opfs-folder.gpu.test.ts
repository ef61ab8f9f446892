/** On the browser's own file system: real Chromium only. Node has none, where `src/cli/node-storage.test.ts` runs the same suites. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { describeFolder } from './folder-suite.testing.ts';
import { describeLibrary } from './library-suite.testing.ts';
import { askToPersist, openStorage } from './open-storage.ts';
import { opfsFolder, sweepParts } from './opfs-folder.ts';
import type { WorkerTask } from './opfs-worker.testing.ts';
import { createLibrary } from './session-library.ts';
import { aboutFor, bytesOf, streamOfChunks, textAt, textOf } from './storage.testing.ts';

const inBrowser = typeof navigator === 'object' && 'storage' in navigator;
const places: string[] = [];

async function place(): Promise<{ name: string; root: FileSystemDirectoryHandle }> {
  const name = `test-${crypto.randomUUID()}`;
  places.push(name);
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
  return { name, root };
}

async function namesIn(root: FileSystemDirectoryHandle, folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (await root.getDirectoryHandle(folder)).keys()) names.push(name);
  return names;
}

/** Gives the task to a worker and waits for its first word. */
async function inWorker(task: WorkerTask): Promise<{ word: unknown; worker: Worker }> {
  const worker = new Worker(new URL('./opfs-worker.testing.ts', import.meta.url), { type: 'module' });
  const word = await new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage(task);
  });
  return { word, worker };
}

describe.skipIf(!inBrowser)('the private file system (browser only)', () => {
  const open = async () => opfsFolder((await place()).root);
  describeFolder('the private file system', open);
  describeLibrary('the private file system', open);

  afterAll(async () => {
    const top = await navigator.storage.getDirectory();
    for (const name of places) await top.removeEntry(name, { recursive: true });
  });

  it('leaves no parts behind, whether a write is completed or not', async () => {
    const { root } = await place();
    const folder = opfsFolder(root);
    await folder.write('s/a', bytesOf('kept'));
    await expect(folder.write('s/b', streamOfChunks(['half'], new Error('gone')))).rejects.toThrow('gone');
    expect([await namesIn(root, '.parts'), await namesIn(root, 's')]).toEqual([[], ['a']]);
  });

  it('what a worker writes, the page sees', async () => {
    const { name, root } = await place();
    const folder = opfsFolder(root);
    await folder.write('s/a', bytesOf('of the page'));
    const { word, worker } = await inWorker({
      kind: 'write',
      place: name,
      path: 's/a',
      text: 'of the worker',
    });
    worker.terminate();
    expect([word, await textAt(folder, 's/a')]).toEqual(['done', 'of the worker']);
  });

  it('a worker that is killed in the middle of a write leaves the old file, and its part is swept away', async () => {
    const { name, root } = await place();
    const folder = opfsFolder(root);
    await folder.write('s/a', bytesOf('old'));
    const workers = [];
    for (const path of ['s/a', 's/new']) {
      const { word, worker } = await inWorker({ kind: 'hang', place: name, path });
      expect(word).toBe('half');
      workers.push(worker);
    }
    await sweepParts(root);
    expect((await namesIn(root, '.parts')).length).toBeGreaterThanOrEqual(2);
    for (const worker of workers) worker.terminate();
    expect([await textAt(folder, 's/a'), await folder.list('s')]).toEqual(['old', ['a']]);
    await vi.waitFor(async () => {
      await sweepParts(root);
      await expect(namesIn(root, '.parts')).rejects.toThrow();
    });
    await folder.write('s/a', bytesOf('new'));
    expect(await textAt(folder, 's/a')).toBe('new');
  });

  it('the page lists a session at every moment while a worker saves it', async () => {
    const { name, root } = await place();
    const library = createLibrary({ folder: opfsFolder(root) });
    await library.save(aboutFor('one', { evaluations: 1 }), bytesOf('x'));
    const state = { saving: true };
    const saved = inWorker({ kind: 'save', place: name, id: 'one', times: 30 }).finally(
      () => (state.saving = false),
    );
    let looks = 0;
    for (; state.saving; looks++) {
      expect((await library.list()).map(({ id }) => id)).toEqual(['one']);
      expect(await library.file('one')).not.toBe(null);
    }
    (await saved).worker.terminate();
    expect(looks).toBeGreaterThan(10);
    expect(await library.about('one')).toMatchObject({ evaluations: 30, bytes: 30 });
    expect(await textOf(await library.file('one'))).toBe('x'.repeat(30));
  });
});

describe.skipIf(!inBrowser)('opening the storage (browser only)', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives the folder of this site, which other openings see too', async () => {
    const { folder, persistent, notice, room } = await openStorage();
    expect([persistent, notice]).toEqual([true, null]);
    expect(await room()).toBeGreaterThan(1_000_000);
    const path = `test/${crypto.randomUUID()}`;
    await folder.write(path, bytesOf('here'));
    expect(await textAt((await openStorage()).folder, path)).toBe('here');
    await folder.remove('test');
    expect(typeof (await askToPersist())).toBe('boolean');
  });

  it('is memory where the browser refuses, and says so', async () => {
    const denied = new DOMException('Storage is not allowed in this context.', 'SecurityError');
    vi.spyOn(navigator.storage, 'getDirectory').mockRejectedValue(denied);
    const storage = await openStorage();
    expect(storage.persistent).toBe(false);
    expect(storage.notice).toBe(
      'This browser keeps no sessions for this page (Storage is not allowed in this context): save the session as a file before you close it.',
    );
    const library = createLibrary(storage);
    await library.save(aboutFor('one'), bytesOf('x'));
    expect([await storage.room(), (await library.list()).length]).toEqual([0, 1]);
  });

  it('a full storage: storage-full, the old file stays, and a copy is declined', async () => {
    const { root } = await place();
    const folder = opfsFolder(root);
    const library = createLibrary({ folder });
    await library.save(aboutFor('one'), bytesOf('old'));
    const { usage = 0 } = await navigator.storage.estimate();
    const { cdp } = await import('vitest/browser');
    const quota = (quotaSize?: number) =>
      cdp().send('Storage.overrideQuotaForOrigin', {
        origin: location.origin,
        ...(quotaSize && { quotaSize }),
      });
    await quota(usage + 200_000);
    try {
      const large = new Uint8Array(5_000_000);
      const full = { code: 'storage-full', remedy: expect.stringContaining('Delete sessions') };
      await expect(library.save(aboutFor('one'), large)).rejects.toMatchObject(full);
      await expect(folder.write('s/a', new Blob([large]).stream())).rejects.toMatchObject(full);
      const source = { name: 'm', path: 'm', size: large.length, read: () => Promise.resolve(large) };
      expect(await library.keep('models', 'a'.repeat(64), [source])).toBe(false);
    } finally {
      await quota();
    }
    expect(await textOf(await library.file('one'))).toBe('old');
    expect([await namesIn(root, '.parts'), await folder.list('models'), await folder.list('s')]).toEqual([
      [],
      [],
      [],
    ]);
  });
});
