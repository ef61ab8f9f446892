import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failure, hubFixture, model, text } from '../hub/hub.testing.ts';
import { accessToken } from '../hub/hub-server.testing.ts';
import { hubFiles } from './hub-input.ts';

const on = hubFixture();
let cache: string;
let said: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'pare-hub-'));
  said = '';
  vi.stubEnv('HF_ENDPOINT', `${on.server.endpoint}/`);
  vi.stubEnv('PARE_CACHE', cache);
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => Boolean((said += String(chunk))));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(cache, { recursive: true });
});

it('takes a model by its name, once, and without a connection afterwards', async () => {
  on.server.commit('models', 'tiny/llama', model);
  const files = await hubFiles('tiny/llama', 'model');
  expect(files.map(({ path }) => path)).toContain('llama/model.safetensors');
  expect(said).toContain('downloading 100 kB');
  const asked = on.server.downloads().length;
  await hubFiles('https://huggingface.co/tiny/llama', 'model');
  expect(said).toContain('downloaded before');
  expect(on.server.downloads()).toHaveLength(asked);

  vi.stubEnv('HF_HUB_OFFLINE', '1');
  const before = on.server.seen.length;
  const [config] = await hubFiles('tiny/llama', 'model');
  expect(Buffer.from(await config!.read(0, config!.size))).toEqual(Buffer.from(model['config.json'].bytes));
  expect(await failure(hubFiles('tiny/other', 'model'))).toMatchObject({ code: 'hub-not-kept' });
  expect(on.server.seen).toHaveLength(before);
});

it('takes the file of a data set that was named, with the token of the environment', async () => {
  on.server.commit('datasets', 'me/sums', { 'train.csv': text('a,b\n'), 'test.csv': text('a,b\n1,2\n') });
  on.server.restrict('datasets', 'me/sums', 'private');
  expect(await failure(hubFiles('me/sums', 'dataset'))).toMatchObject({ code: 'hub-access' });
  vi.stubEnv('HF_TOKEN', accessToken);
  expect((await hubFiles('datasets/me/sums:test.csv', 'dataset'))[0]?.size).toBe(8);
  expect(said).toContain('me/sums:FILE takes another');
});

it('refuses an endpoint that is none', async () => {
  vi.stubEnv('HF_ENDPOINT', 'not an address');
  expect(await failure(hubFiles('tiny/llama', 'model'))).toMatchObject({ code: 'hub-endpoint' });
});
