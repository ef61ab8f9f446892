import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hubFixture, model } from '../hub/hub.testing.ts';
import { helpText, readArguments } from './arguments.ts';
import { dataOf, modelFiles } from './inputs.ts';

const on = hubFixture();
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'pare-inputs-'));
  vi.stubEnv('HF_ENDPOINT', `${on.server.endpoint}/`);
  vi.stubEnv('PARE_CACHE', cache);
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(cache, { recursive: true });
});

describe('a model or data by name', () => {
  it('asks nobody for a path that was mistyped', async () => {
    const missing = { code: 'model-missing', message: expect.stringContaining('does not exist') as string };
    for (const path of ['src/no-such-model', 'models/tiny.gguf', 'tiny/model.safetensors'])
      await expect((async () => modelFiles(path))()).rejects.toMatchObject(missing);
    for (const data of ['src/rows', 'data/rows.json'])
      await expect(
        (async () => dataOf(readArguments(['eval', 'demo', '--data', data]).flags))(),
      ).rejects.toMatchObject({ code: 'data-missing' });
    expect(on.server.seen).toEqual([]);
  });

  it('asks the hub for what can be nothing else, the address of a page included', async () => {
    on.server.commit('models', 'tiny/llama', model);
    on.server.commit('models', 'src/llama', model);
    for (const name of ['tiny/llama', 'https://huggingface.co/src/llama'])
      expect((await modelFiles(name)).map(({ path }) => path)).toContain('llama/model.safetensors');
  });

  it('takes a GGUF file by itself, as the help says', async () => {
    const path = join(cache, 'tiny.gguf');
    await writeFile(path, 'GGUF');
    await writeFile(join(cache, 'config.json'), '{}');
    expect((await modelFiles(path)).map(({ name }) => name)).toEqual(['tiny.gguf']);
    expect(helpText).toMatch(/MODEL .*GGUF file,\s+owner\/name/s);
  });
});
