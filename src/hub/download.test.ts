import { describe, expect, it } from 'vitest';
import { anybody, expectModel, failure, fetchFirst, hubFixture, model, weights } from './hub.testing.ts';

const on = hubFixture();

describe('a broken connection', () => {
  it('goes on where it broke off, with the same bytes', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? { cut: 70_000 } : null);
    const error = await failure(fetchFirst(on, offer));
    expect(error.code).toBe('hub-offline');
    const [entry] = await on.hub.entries();
    expect(entry?.complete).toBe(false);
    expect(entry!.kept).toBeGreaterThan(30_000);
    expect((await failure(on.hub.open(entry!.key))).code).toBe('hub-not-kept');
    on.server.fault = () => null;
    const { key } = await fetchFirst(on, offer);
    expect(on.server.downloads('cdn').at(-1)?.range).toBe(`bytes=${entry!.kept - 41}-`);
    await expectModel(await on.hub.open(key));
  });

  it('is tried again by itself, as long as something arrives', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? { cut: 20_000 } : null);
    const { key } = await fetchFirst(on, offer, { waits: [1] });
    expect(on.server.downloads('cdn').length).toBeGreaterThanOrEqual(5);
    await expectModel(await on.hub.open(key));
  });

  it('that only hangs counts as broken', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? { hang: true } : null);
    expect(await failure(fetchFirst(on, offer, { stall: 50 }))).toMatchObject({ code: 'hub-offline' });
  });

  it('goes on with a server that hears no ranges', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    let first = true;
    on.server.fault = ({ host }) => {
      if (host === 'hub') return null;
      const fault = first ? { cut: 50_000 } : { whole: true };
      first = false;
      return fault;
    };
    const { key } = await fetchFirst(on, offer, { waits: [1] });
    await expectModel(await on.hub.open(key));
  });

  it('is a cancelled one as well', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    const cancel = new AbortController();
    const access = { token: null, signal: cancel.signal, endpoint: on.server.endpoint };
    const stopped = await failure(
      fetchFirst(on, offer, {
        access,
        onProgress: ({ done }) => (done > 40_000 ? cancel.abort() : undefined),
      }),
    );
    expect(stopped).toMatchObject({ name: 'AbortError' });
    expect((await on.hub.entries())[0]?.kept).toBeGreaterThan(30_000);
    const { key } = await fetchFirst(on, offer);
    await expectModel(await on.hub.open(key));
  });
});

describe('two revisions', () => {
  it('are never mixed: a download goes on with the commit that it began with', async () => {
    const first = on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? { cut: 50_000 } : null);
    await failure(fetchFirst(on, offer));
    on.server.fault = () => null;
    const changedModel = { ...model, 'model.safetensors': weights(100_000, 7) };
    const second = on.server.commit('models', 'tiny/llama', changedModel);
    const { key } = await fetchFirst(on, offer);
    await expectModel(await on.hub.open(key));
    expect(on.server.downloads().every(({ path }) => path.includes(first))).toBe(true);

    const newer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    expect(newer).toMatchObject({ commit: second, choices: [{ complete: false, kept: 0 }] });
    const { key: newKey } = await fetchFirst(on, newer);
    await expectModel(await on.hub.open(newKey), changedModel);
    expect(await on.hub.entries()).toHaveLength(2);
    const old = await on.hub.lookUp(`tiny/llama@${first}`, 'model', anybody());
    expect(old.choices[0]?.complete).toBe(true);
  });

  it.each([
    ['another commit', { headers: { 'x-repo-commit': 'f'.repeat(40) } }],
    ['another entity tag', { headers: { etag: `"${'a'.repeat(40)}"` } }],
  ])('are noticed by %s in the answer', async (_, fault) => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ path }) => (path.endsWith('config.json') ? fault : null);
    expect(await failure(fetchFirst(on, offer))).toMatchObject({ code: 'hub-changed' });
  });

  it('are noticed by the contents, of which nothing is kept', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? { body: weights(100_000, 9).bytes } : null);
    expect(await failure(fetchFirst(on, offer))).toMatchObject({ code: 'hub-damaged' });
    expect((await on.hub.entries())[0]).toMatchObject({ kept: 41, complete: false });
    on.server.fault = ({ path }) => (path.endsWith('/tokenizer.json') ? { body: '{"version":"9.0"}' } : null);
    const other = await on.hub.lookUp('tiny/llama', 'model', anybody());
    await on.hub.remove(other.choices[0]!.key);
    expect(await failure(fetchFirst(on, other))).toMatchObject({ code: 'hub-damaged' });
  });
});

describe('the storage', () => {
  it('is asked for room before anything is downloaded', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.room = 50_000;
    const error = await failure(fetchFirst(on, offer));
    expect(error.code).toBe('hub-no-room');
    expect(error.message).toMatch(/1\.1 MB.*0\.1 MB/);
    expect(on.server.downloads()).toEqual([]);
  });

  it('holds one copy for two that download the same at once', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const { choices } = await on.hub.lookUp('tiny/llama', 'model', anybody());
    const both = await Promise.all([1, 2].map(() => on.hub.download(choices[0]!.selection, anybody())));
    expect(new Set(both.map(({ key }) => key)).size).toBe(1);
    expect(on.server.downloads('cdn')).toHaveLength(1);
  });

  it('gives a file whole or not at all, whatever is missing', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const { key } = await fetchFirst(on, await on.hub.lookUp('tiny/llama', 'model', anybody()));
    const pieces = await on.folder.list(`hub/${key}/file-3`);
    expect(pieces).toEqual(['at-0', 'at-30000', 'at-60000', 'at-90000']);
    const source = (await on.hub.open(key)).find(({ name }) => name === 'model.safetensors')!;
    expect(Buffer.from(await source.read(29_990, 60_010))).toEqual(
      Buffer.from(model['model.safetensors'].bytes.slice(29_990, 60_010)),
    );
    await expect(source.read(99_990, 100_010)).rejects.toMatchObject({ code: 'file-truncated' });
    await on.folder.remove(`hub/${key}/file-3/at-30000`);
    expect((await failure(on.hub.open(key))).code).toBe('hub-not-kept');
    expect((await on.hub.entries())[0]).toMatchObject({ complete: false, kept: 30_041 });
    await fetchFirst(on, await on.hub.lookUp('tiny/llama', 'model', anybody()));
    await expectModel(await on.hub.open(key));
  });

  it('shows what nobody can read any more with its bytes, to be deleted', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const { key } = await fetchFirst(on, await on.hub.lookUp('tiny/llama', 'model', anybody()));
    expect(await on.hub.damaged()).toEqual([]);
    await on.folder.write(`hub/${key}/about.json`, new TextEncoder().encode('{"version":9}'));
    expect(await on.hub.entries()).toEqual([]);
    // The files, their four marks, and the record.
    expect(await on.hub.damaged()).toEqual([{ key, bytes: 100_041 + 4 + 13 }]);
    await on.folder.remove(`hub/${key}/about.json`);
    expect(await on.hub.damaged()).toEqual([{ key, bytes: 100_045 }]);
    await on.hub.remove(key);
    expect(await on.hub.damaged()).toEqual([]);
    expect(await on.folder.list('hub')).toEqual([]);
  });

  it('forgets what is deleted', async () => {
    on.server.commit('models', 'tiny/llama', model);
    const { key } = await fetchFirst(on, await on.hub.lookUp('tiny/llama', 'model', anybody()));
    await on.hub.remove(key);
    expect(await on.hub.entries()).toEqual([]);
    expect(await on.folder.list('hub')).toEqual([]);
    await on.hub.remove('../sessions');
  });
});
