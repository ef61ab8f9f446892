import { describe, expect, it } from 'vitest';
import type { HubProgress } from './download.ts';
import { accessToken } from './hub-server.testing.ts';
import {
  anybody,
  expectModel,
  failure,
  fetchFirst,
  hubFixture,
  model,
  text,
  weights,
} from './hub.testing.ts';

const on = hubFixture();

describe('a model', () => {
  it('is listed with what Pare needs, downloaded, and opened as a folder, later without a connection', async () => {
    const commit = on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    expect(offer).toMatchObject({ name: 'tiny/llama', commit, offline: null, notes: [] });
    const [choice] = offer.choices;
    expect(choice?.selection.files.map(({ as }) => as)).toEqual([
      'config.json',
      'generation_config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    expect(choice).toMatchObject({ bytes: 100_041, kept: 0, complete: false });
    const steps: HubProgress[] = [];
    const { key } = await on.hub.download(choice!.selection, anybody(), (step) => steps.push(step));
    expect(steps.at(-1)).toMatchObject({ done: 100_041, total: 100_041 });
    expect(steps.map(({ done }) => done)).toEqual(steps.map(({ done }) => done).toSorted((a, b) => a - b));
    const files = await on.hub.open(key);
    expect(files.map(({ path }) => path)).toContain('llama/config.json');
    await expectModel(files);

    await on.server.stop();
    const again = await on.hub.lookUp('tiny/llama', 'model', anybody());
    expect(again.offline).toContain('cannot be reached');
    expect(again.choices).toMatchObject([{ key, complete: true }]);
    await expectModel(await on.hub.open(key));
  });

  it('is not asked for again once it is here', async () => {
    on.server.commit('models', 'tiny/llama', model);
    await fetchFirst(on, await on.hub.lookUp('tiny/llama', 'model', anybody()));
    const before = on.server.downloads().length;
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    expect(offer.choices[0]).toMatchObject({ complete: true, kept: 100_041 });
    await fetchFirst(on, offer);
    expect(on.server.downloads()).toHaveLength(before);
  });

  it('comes in shards, by their index', async () => {
    on.server.commit('models', 'tiny/sharded', {
      'config.json': text('{}'),
      'model.safetensors.index.json': text('{"weight_map":{}}'),
      'model-00001-of-00002.safetensors': weights(20),
      'model-00002-of-00002.safetensors': weights(30),
    });
    const { choices } = await on.hub.lookUp('tiny/sharded', 'model', anybody());
    expect(choices).toHaveLength(1);
    expect(choices[0]?.selection).toMatchObject({ label: 'model.safetensors in 2 files' });
    expect(choices[0]?.selection.files).toHaveLength(4);
  });

  it('is offered as GGUF files to choose from, the one that an address names first', async () => {
    on.server.commit('models', 'tiny/gguf', {
      'a-Q4_0.gguf': weights(20),
      'a-Q8_0.gguf': weights(40),
      'a-F16-00001-of-00002.gguf': weights(9),
      'mmproj-a.gguf': weights(9),
    });
    const { choices } = await on.hub.lookUp('tiny/gguf', 'model', anybody());
    expect(choices.map(({ selection, bytes }) => [selection.label, bytes])).toEqual([
      ['a-Q4_0.gguf', 20],
      ['a-Q8_0.gguf', 40],
    ]);
    const address = 'https://huggingface.co/tiny/gguf/blob/main/a-Q8_0.gguf';
    expect((await on.hub.lookUp(address, 'model', anybody())).choices[0]?.selection.label).toBe(
      'a-Q8_0.gguf',
    );
    expect(await failure(on.hub.lookUp('tiny/gguf:b.gguf', 'model', anybody()))).toMatchObject({
      code: 'hub-not-found',
    });
  });

  it('is the base and the adapter, where an adapter was named', async () => {
    on.server.commit('models', 'tiny/llama', model);
    on.server.commit('models', 'me/adapter', {
      'adapter_config.json': text('{"base_model_name_or_path":"tiny/llama","r":4}'),
      'adapter_model.safetensors': weights(64, 3),
    });
    const offer = await on.hub.lookUp('me/adapter', 'model', anybody());
    expect(offer.notes.join()).toContain('tiny/llama');
    const { key } = await on.hub.download(offer.choices[0]!.selection, anybody());
    const paths = (await on.hub.open(key)).map(({ path }) => path);
    expect(paths).toContain('adapter/config.json');
    expect(paths).toContain('adapter/adapter/adapter_model.safetensors');
  });

  it('with weights that Pare does not read is refused by their names', async () => {
    on.server.commit('models', 'old/bert', { 'config.json': text('{}'), 'pytorch_model.bin': weights(10) });
    const { code, message } = await failure(on.hub.lookUp('old/bert', 'model', anybody()));
    expect(code).toBe('hub-no-weights');
    expect(message).toContain('pytorch_model.bin');
  });
});

describe('a data set', () => {
  it('is a list of files, training first, of which one is downloaded', async () => {
    on.server.commit('datasets', 'me/sums', {
      'README.md': text('# sums'),
      'dataset_infos.json': text('{}'),
      'data/test.jsonl': text('{"q":1}\n'),
      'data/train.jsonl': text('{"q":1}\n{"q":2}\n'),
    });
    const offer = await on.hub.lookUp('https://huggingface.co/datasets/me/sums', 'dataset', anybody());
    expect(offer.choices.map(({ selection }) => selection.label)).toEqual([
      'data/train.jsonl',
      'data/test.jsonl',
    ]);
    const { key } = await fetchFirst(on, offer);
    const [file, ...others] = await on.hub.open(key);
    expect(others).toEqual([]);
    expect(file).toMatchObject({ name: 'train.jsonl', size: 16 });
  });

  it('is the hub’s own Parquet copy where the repository has nothing that Pare reads', async () => {
    on.server.commit('datasets', 'me/images', { 'data.tar.gz': weights(10) });
    expect(await failure(on.hub.lookUp('me/images', 'dataset', anybody()))).toMatchObject({
      code: 'hub-no-data',
    });
    on.server.commit(
      'datasets',
      'me/images',
      { 'default/train/0000.parquet': weights(50) },
      'refs/convert/parquet',
    );
    const offer = await on.hub.lookUp('me/images', 'dataset', anybody());
    expect(offer).toMatchObject({ revision: 'refs/convert/parquet' });
    expect(offer.choices[0]?.selection.label).toBe('default/train/0000.parquet');
  });

  it('is told apart from a model', async () => {
    expect(await failure(on.hub.lookUp('datasets/me/sums', 'model', anybody()))).toMatchObject({
      code: 'hub-kind',
    });
    expect(on.server.seen).toEqual([]);
  });
});

describe('the hub', () => {
  it.each([
    [404, 'hub-not-found', {}],
    [429, 'hub-busy', { 'retry-after': '30' }],
    [503, 'hub-server', {}],
    [418, 'hub-answer', {}],
  ])('that answers %d is quoted with a remedy', async (status, code, headers) => {
    on.server.fault = () => ({ status, headers });
    const error = await failure(on.hub.lookUp('tiny/llama', 'model', anybody()));
    expect(error.code).toBe(code);
    if (status === 429) expect(error.remedy).toContain('30 seconds');
  });

  it.each([
    ['nothing at all', { silent: true }],
    ['half an answer', { status: 200, hang: true }],
  ])('that sends %s is not waited for, and lets itself be cancelled', async (_, fault) => {
    on.server.commit('models', 'tiny/llama', model);
    on.server.fault = () => fault;
    const error = await failure(on.hub.lookUp('tiny/llama', 'model', { ...anybody(), patience: 40 }));
    expect(error).toMatchObject({ code: 'hub-offline' });
    expect(error.message).toContain('nothing has come');
    expect(error.remedy).toContain('look it up again');
    expect(error.remedy).not.toContain('kept');

    const control = new AbortController();
    const looking = failure(on.hub.lookUp('tiny/llama', 'model', { token: null, signal: control.signal }));
    setTimeout(() => control.abort(), 40);
    expect(await looking).toMatchObject({ name: 'AbortError' });
  });

  it('says neither that a private repository is there, nor gives a gated one, without a token', async () => {
    on.server.commit('models', 'me/private', model);
    on.server.restrict('models', 'me/private', 'private');
    on.server.commit('models', 'me/gated', model);
    on.server.restrict('models', 'me/gated', 'gated');
    expect(await failure(on.hub.lookUp('me/private', 'model', anybody()))).toMatchObject({
      code: 'hub-access',
    });
    const gated = await on.hub.lookUp('me/gated', 'model', anybody());
    expect(await failure(fetchFirst(on, gated))).toMatchObject({ code: 'hub-access' });
    const stranger = { ...anybody('hf_stranger'), endpoint: on.server.endpoint };
    expect(await failure(fetchFirst(on, gated, { access: stranger }))).toMatchObject({ code: 'hub-gated' });

    const offer = await on.hub.lookUp('me/private', 'model', anybody(accessToken));
    await on.hub.download(offer.choices[0]!.selection, anybody(accessToken));
    // The token is for the hub, and for nobody to whom it sends us.
    expect(on.server.downloads('cdn').map(({ token }) => token)).toEqual([null]);
  });

  it('cannot lead a listing to another host', async () => {
    on.server.commit('models', 'tiny/llama', model);
    on.server.fault = ({ path }) =>
      path.includes('/tree/')
        ? { status: 200, headers: { link: `<${on.server.cdn}/more>; rel="next"` }, body: '[]' }
        : null;
    const error = await failure(on.hub.lookUp('tiny/llama', 'model', anybody(accessToken)));
    expect(error).toMatchObject({ code: 'hub-answer' });
    expect(on.server.seen.some(({ host }) => host === 'cdn')).toBe(false);
  });

  it('lists hostile names and a hundred thousand files, and gains nothing by it', async () => {
    on.server.commit('models', 'evil/names', model);
    const entry = { type: 'file', size: 5, oid: 'a'.repeat(40) };
    const names = [
      '../config.json',
      '/etc/model.safetensors',
      'C:\\x.gguf',
      'a/../../b.gguf',
      'x\0.gguf',
      '',
    ];
    on.server.extraEntries = names.map((path) => ({ ...entry, path }));
    const { choices } = await on.hub.lookUp('evil/names', 'model', anybody());
    expect(choices).toHaveLength(1);
    expect(choices[0]?.selection.files.map(({ as }) => as)).toHaveLength(4);

    on.server.commit('datasets', 'evil/many', { 'a.csv': text('a,b\n') });
    on.server.extraEntries = Array.from({ length: 100_000 }, (_, i) => ({ ...entry, path: `d/${i}.csv` }));
    const many = await on.hub.lookUp('evil/many', 'dataset', anybody());
    expect(many.choices).toHaveLength(300);
    expect(many.notes.join()).toContain('5000');
    expect(on.server.seen.filter(({ path }) => path.includes('/tree/')).length).toBeLessThan(10);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no list', '{"a":1}'],
    ['a negative size', '[{"type":"file","path":"a","size":-1,"oid":"aa"}]'],
    ['too much', ' '.repeat(17 * 1024 * 1024)],
  ])('that lists %s is not believed', async (_, body) => {
    on.server.commit('models', 'tiny/llama', model);
    on.server.fault = ({ path }) => (path.includes('/tree/') ? { status: 200, body } : null);
    const { code } = await failure(on.hub.lookUp('tiny/llama', 'model', anybody()));
    expect(code).toBe('hub-answer');
  });

  it.each([
    ['more', { lie: 5000 }, 'complete'],
    ['less', { body: weights(60_000).bytes }, 'hub-offline'],
    ['more than it listed', { body: weights(120_000).bytes }, 'hub-changed'],
  ])('that promises another length than it sends (%s) is found out', async (_, fault, outcome) => {
    on.server.commit('models', 'tiny/llama', model);
    const offer = await on.hub.lookUp('tiny/llama', 'model', anybody());
    on.server.fault = ({ host }) => (host === 'cdn' ? fault : null);
    if (outcome === 'complete') return expectModel(await on.hub.open((await fetchFirst(on, offer)).key));
    expect(await failure(fetchFirst(on, offer))).toMatchObject({ code: outcome });
  });
});
