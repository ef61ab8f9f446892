import { describe, expect, it } from 'vitest';
import { nodeFile, nodeFolder } from '../cli/node-files.ts';
import { PareError } from '../lib/assert.ts';
import { hasShared, readSharedBytes, sharedPath } from '../lib/golden.testing.ts';
import { openModel } from '../models/open-model.ts';
import { openPeft, patternValue } from './peft.ts';
import { type PeftOptions, type PeftOutput, peftConfig, peftFiles } from './peft-write.ts';
import { safetensorsStream } from './safetensors-write.ts';
import { bytesSource, type FileSource } from './source.ts';

const golden = 'golden/lora-stories260K';
const base = 'models/stories260K-hf';
const layer = 'model.layers.0';

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

const configFile = (changes: object = {}): FileSource =>
  bytesSource(
    'a/adapter_config.json',
    new TextEncoder().encode(JSON.stringify({ peft_type: 'LORA', r: 4, lora_alpha: 8, ...changes })),
  );

async function weightFile(shapes: Record<string, number[]>): Promise<FileSource> {
  const tensors = Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    bytes: () => Promise.resolve(new Uint8Array(shape.reduce((a, b) => a * b, 4))),
  }));
  return bytesSource('a/adapter_model.safetensors', await collect(safetensorsStream(tensors).stream));
}

const pair = (module: string, rank: number) => ({
  [`base_model.model.${module}.lora_A.weight`]: [rank, 6],
  [`base_model.model.${module}.lora_B.weight`]: [5, rank],
});

const value = (pattern: string, module: string) => patternValue({ [pattern]: 1 }, module, 'f');

describe('reading', () => {
  it.skipIf(!hasShared(golden))('the golden adapter, against its base model', async () => {
    const model = await openModel(await nodeFolder(sharedPath(base)));
    const config = await nodeFile(sharedPath(`${golden}/adapter_config.json`));
    const adapter = await openPeft(
      config,
      await nodeFile(sharedPath(`${golden}/adapter_model.safetensors`)),
      model.tensors,
    );
    expect(adapter.modules.size).toBe(25);
    expect(adapter.modules.get(`${layer}.mlp.down_proj`)).toMatchObject({
      rank: 8,
      alpha: 16,
      scale: 2,
      a: { shape: [8, 172] },
      b: { shape: [64, 8] },
    });
    const { a } = adapter.modules.get(`${layer}.self_attn.k_proj`) ?? {};
    expect((await adapter.store.read(a?.name ?? '')).length).toBe(8 * 64 * 4);
  });

  it.skipIf(!hasShared(golden))('an adapter in a folder below the model', async () => {
    const adapter = ['adapter_config.json', 'adapter_model.safetensors'].map((name) =>
      bytesSource(`adapter/${name}`, readSharedBytes(`${golden}/${name}`)),
    );
    const model = await openModel([...(await nodeFolder(sharedPath(base))), ...adapter]);
    expect(model.peft?.modules.size).toBe(25);
  });

  it('ranks and alphas by pattern, and rsLoRA', async () => {
    const weights = await weightFile({
      ...pair(`${layer}.x`, 4),
      ...pair(`${layer}.y`, 2),
      ...pair(`${layer}.z`, 1),
    });
    const config = configFile({
      rank_pattern: { [`^${layer}.y`]: 2, z: 1 },
      alpha_pattern: { 'layers\\.\\d+\\.y': 6 },
      use_rslora: true,
    });
    const { modules } = await openPeft(config, weights);
    expect([...modules.values()].map(({ rank, alpha }) => [rank, alpha])).toEqual([
      [4, 8],
      [2, 6],
      [1, 8],
    ]);
    expect(modules.get(`${layer}.y`)?.scale).toBeCloseTo(6 / Math.SQRT2, 12);
  });

  it('matches patterns as PEFT does', () => {
    expect(value('q_proj', 'model.layers.1.self_attn.q_proj')).toBe(1);
    expect(value('proj', 'model.layers.1.self_attn.q_proj')).toBeUndefined();
    expect(value('layers.1.mlp', 'model.layers.11.mlp')).toBeUndefined();
    expect(value('^layers.1.mlp', 'model.layers.1.mlp')).toBeUndefined();
    expect(value('^model.layers.1.mlp', 'model.layers.1.mlp')).toBe(1);
    expect(value('a|model.b', 'model.b')).toBe(1);
    expect(() => value('(a+)+', 'a')).toThrowError(/too intricate/);
    expect(() => value('.*.*.*x', 'a')).toThrowError(/too intricate/);
    expect(() => value('(', 'a')).toThrowError(/not a regular expression/);
  });

  const m = `${layer}.x`;
  it.each<[string, object, Record<string, number[]>, RegExp]>([
    ['another method', { peft_type: 'IA3' }, {}, /peft_type is "IA3"/],
    ['DoRA', { use_dora: true }, {}, /use_dora is true/],
    ['biases', { bias: 'all' }, {}, /bias is not "none"/],
    ['PiSSA', { init_lora_weights: 'pissa_niter_4' }, {}, /init_lora_weights is "pissa_niter_4"/],
    ['aLoRA', { alora_invocation_tokens: [1, 2] }, {}, /alora_invocation_tokens is set/],
    ['no rank', { r: undefined }, {}, /r: /],
    [
      'a foreign tensor',
      {},
      { 'base_model.model.lm_head.weight': [2, 2] },
      /lm_head\.weight is not a LoRA tensor/,
    ],
    ['half a pair', {}, { [`base_model.model.${m}.lora_A.weight`]: [4, 6] }, /only one of lora_A and lora_B/],
    ['a rank that disagrees', {}, pair(m, 3), /\.x has lora_A \[3, 6\] .* gives it rank 4/],
  ])('refuses %s', async (_, changes, shapes, message) => {
    const opening = openPeft(configFile(changes), await weightFile(shapes));
    await expect(opening).rejects.toThrowError(PareError);
    await expect(openPeft(configFile(changes), await weightFile(shapes))).rejects.toThrowError(message);
  });

  it('refuses an adapter of another model, or without weights', async () => {
    const weight = { name: `${m}.weight`, dtype: 'F32' as const, shape: [5, 7], begin: 0, end: 140 };
    const weights = await weightFile(pair(m, 4));
    await expect(openPeft(configFile(), weights, new Map())).rejects.toThrowError(
      /the base model has no module/,
    );
    await expect(openPeft(configFile(), weights, new Map([[weight.name, weight]]))).rejects.toThrowError(
      /\[5, 6\], but the base model's is \[5, 7\]/,
    );
    await expect(openPeft(configFile(), null)).rejects.toThrowError(
      /no adapter_model\.safetensors beside it/,
    );
  });
});

const output = (module: string, rank: number, scale: number): PeftOutput => ({
  module,
  rank,
  scale,
  inputs: 6,
  outputs: 5,
  a: () => Promise.resolve(new Uint8Array(rank * 6 * 4).fill(1)),
  b: () => Promise.resolve(new Uint8Array(rank * 5 * 4).fill(2)),
});

describe('writing', () => {
  const modules = [output('l.0.q_proj', 3, 2), output('l.0.up_proj', 8, 2), output('l.1.q_proj', 1, 0.5)];
  const options: PeftOptions = { base: 'base', dtype: 'F32' };

  it('round-trips ranks, scales and bytes', async () => {
    const files = await Promise.all(
      peftFiles(modules, options).map(async ({ name, size, stream }) => {
        const bytes = await collect(stream);
        expect(bytes.length).toBe(size);
        return bytesSource(name, bytes);
      }),
    );
    const adapter = await openPeft(files[0] as FileSource, files[1] as FileSource);
    for (const { module, rank, scale } of modules) {
      expect(adapter.modules.get(module)).toMatchObject({
        rank,
        scale,
        a: { shape: [rank, 6] },
        b: { shape: [5, rank] },
      });
    }
    expect([...(await adapter.store.read('base_model.model.l.1.q_proj.lora_B.weight'))]).toEqual(
      Array(20).fill(2),
    );
  });

  it('writes patterns for every module, and the widest as the default', () => {
    expect(peftConfig(modules, options)).toMatchObject({
      r: 8,
      lora_alpha: 16,
      rank_pattern: { '^l.0.q_proj': 3, '^l.0.up_proj': 8, '^l.1.q_proj': 1 },
      alpha_pattern: { '^l.0.q_proj': 6, '^l.0.up_proj': 16, '^l.1.q_proj': 0.5 },
    });
  });

  it('names endings only where they mean the same modules', () => {
    const targets = (...baseModules: string[]) =>
      peftConfig(modules, { ...options, baseModules })['target_modules'];
    const names = modules.map(({ module }) => module);
    expect(targets(...names, 'l.0.k_proj')).toEqual(['q_proj', 'up_proj']);
    expect(targets(...names, 'l.1.up_proj')).toEqual(names);
    expect(peftConfig(modules, options)['target_modules']).toEqual(names);
  });
});
