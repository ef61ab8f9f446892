import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { maskOfZeros } from '../compression/pruning/existing-zeros.ts';
import { dequantize } from '../compression/quantization/dequantize.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { openModel } from '../models/open-model.ts';
import { peftFiles } from '../formats/peft-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import { safetensorsStream, type TensorOutput } from '../formats/safetensors-write.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { codesName, gridName, maskName } from '../models/elastic.ts';
import { loadModel, originalModel } from './model.ts';
import { modelSummary } from './summaries.ts';
import { tinyInt4 } from './tiny-int4.testing.ts';
import { tinyModel, tinyModules } from './tiny-model.testing.ts';

const modules = tinyModules;
const first = modules[0]!;
const load = (files: readonly FileSource[]) => loadModel(new CpuBackend(), files);

async function refusal(promise: Promise<unknown>): Promise<PareError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(PareError);
  expect((error as PareError).remedy).not.toBe('');
  return error as PareError;
}

describe('a compressed-tensors folder', () => {
  it.each([
    { group: 8, symmetric: false },
    { group: 16, symmetric: true },
    { group: 128, symmetric: false },
    { group: null, symmetric: false },
  ])('is codes and grids on the device: %j', async (options) => {
    const { files, modules: written } = await tinyInt4(options);
    const model = await load(files);
    expect(model.form).toBe('int4');
    expect([...model.quantized]).toEqual(modules);
    for (const [module, { shape, codes, grid }] of written) {
      expect(model.store.has(`${module}.weight`)).toBe(false);
      expect(model.store.spec(codesName(module))).toEqual({ dtype: 'i4', shape });
      expect(await model.store.read(codesName(module))).toEqual(codes);
      expect(model.store.spec(gridName(module)).shape).toEqual([shape[0], grid.length / shape[0]]);
      expect(new Float32Array((await model.store.read(gridName(module))).buffer)).toEqual(grid);
      expect(model.folder.quantized.get(module)).toMatchObject({ ...options, shape });
    }
    expect(model.folder.bytes).toBeLessThan((await openModel(await tinyModel())).bytes);
    expect(model.info).toMatchObject({ dtype: 'I4 + F32', form: 'int4' });
    const summary = modelSummary(model);
    expect(summary.groups).toEqual([options.group]);
    expect(summary.modules.map(({ dtype }) => dtype)).toEqual([...modules.map(() => 'i4'), 'f32']);
  });

  it('keeps ignored modules in floats', async () => {
    const floats = ['model.layers.1.mlp.down_proj', 'model.layers.0.self_attn.q_proj'];
    const { files } = await tinyInt4({ floats });
    const model = await load(files);
    expect(model.quantized.size).toBe(modules.length - 2);
    for (const module of floats) expect(model.store.spec(`${module}.weight`).dtype).toBe('f32');
    expect([...model.folder.tensors.keys()]).toContain('model.layers.1.mlp.down_proj.weight');
  });

  it('takes an adapter on an INT4 module', async () => {
    const zeros = (count: number) => () => Promise.resolve(new Uint8Array(4 * count));
    const files = peftFiles(
      [{ module: first, rank: 2, scale: 1, inputs: 16, outputs: 16, a: zeros(32), b: zeros(32) }],
      { base: 'tiny', dtype: 'F32' },
    );
    const adapter = files.map(async ({ name, stream }) =>
      bytesSource(`tiny/adapter/${name}`, new Uint8Array(await new Response(stream).arrayBuffer())),
    );
    const model = await load([...(await tinyInt4()).files, ...(await Promise.all(adapter))]);
    expect(model.plan.adapters.get(first)).toMatchObject({ rank: 2 });
    expect(originalModel(model).quantized.has(first)).toBe(true);
  });

  it('counts zeros, and masks them', async () => {
    const { files, modules: written } = await tinyInt4({ zeros: 0.5 });
    const model = await load(files);
    let [zeros, weights] = [0, 0];
    expect(await maskOfZeros(model)).toEqual(new Set(modules));
    for (const [module, { shape }] of written) {
      const weight = await dequantize(model.store, module);
      await expectMask(model.store, module, weight, shape);
      zeros += weight.filter((value) => value === 0).length;
      weights += weight.length;
    }
    expect(model.sparsity).toBe(zeros / weights);
    expect(model.sparsity).toBeGreaterThan(0.45);
  });

  it('hashes every byte of the file', async () => {
    const sha = async (options: Parameters<typeof tinyInt4>[0]) =>
      (await load((await tinyInt4(options)).files)).info.sha256;
    const plain = await sha({});
    expect(await sha({})).toBe(plain);
    for (const part of ['weight_packed', 'weight_scale', 'weight_zero_point']) {
      const change = replace(`${modules[3]}.${part}`, (bytes) => void (bytes[0]! ^= 1));
      expect(await sha({ change })).not.toBe(plain);
    }
  });

  it('runs as the float model of the weights that its codes stand for', async () => {
    const int4 = await load((await tinyInt4({ group: 8 })).files);
    const weights = new Map<string, Float32Array<ArrayBuffer>>();
    for (const module of modules) weights.set(`${module}.weight`, await dequantize(int4.store, module));
    const float = await load(await withWeights(weights));
    const ids = [2, 10, 20, 30, 40, 50];
    const [a, b] = [await logitsOf(originalModel(int4), ids), await logitsOf(originalModel(float), ids)];
    expect(a).toEqual(b);
  });
});

/** Changes the bytes of one tensor. */
const replace =
  (name: string, edit: (bytes: Uint8Array<ArrayBuffer>) => void) => (tensors: Map<string, TensorOutput>) => {
    const tensor = tensors.get(name)!;
    const bytes = async () => {
      const changed = new Uint8Array(await tensor.bytes());
      edit(changed);
      return changed;
    };
    tensors.set(name, { ...tensor, bytes });
  };
/** Gives one tensor another dtype or shape, filled with ones. */
const reform =
  (name: string, dtype: TensorOutput['dtype'], shape: number[], width: number) =>
  (tensors: Map<string, TensorOutput>) => {
    const bytes = new Uint8Array(shape.reduce((a, b) => a * b, width)).fill(1);
    tensors.set(name, { name, dtype, shape, bytes: () => Promise.resolve(bytes) });
  };
const setScale = (value: number) =>
  replace(`${first}.weight_scale`, (bytes) => new DataView(bytes.buffer).setUint16(2, value, true));

describe('a compressed-tensors folder that does not add up', () => {
  it.each<[string, (tensors: Map<string, TensorOutput>) => void, RegExp]>([
    ['no scales', (t) => t.delete(`${first}.weight_scale`), /q_proj has weight_.*, but no weight_scale/],
    ['no codes', (t) => t.delete(`${first}.weight_packed`), /but no weight_packed/],
    ['no shape', (t) => t.delete(`${first}.weight_shape`), /but no weight_shape/],
    ['no zero points', (t) => t.delete(`${first}.weight_zero_point`), /no weight_zero_point beside it/],
    ['nothing of a module', (t) => drop(t, first), /missing: .*q_proj\.weight/],
    ['floats beside codes', reform(`${first}.weight`, 'F32', [16, 16], 4), /is there twice/],
    ['unpacked codes', reform(`${first}.weight_packed`, 'I8', [16, 16], 1), /weight_packed is I8/],
    ['too few codes', reform(`${first}.weight_packed`, 'I32', [16, 1], 4), /makes it \[16, 2\]/],
    [
      'too many scales',
      reform(`${first}.weight_scale`, 'F16', [16, 3], 2),
      /is \[16, 3\] with a weight_zero/,
    ],
    ['flat scales', reform(`${first}.weight_scale`, 'F16', [16], 2), /weight_scale is \[16\]/],
    ['whole scales', reform(`${first}.weight_scale`, 'I32', [16, 1], 4), /should be F32\/F16\/BF16/],
    [
      'unpacked zero points',
      reform(`${first}.weight_zero_point`, 'I8', [16, 1], 1),
      /weight_zero_point is I8/,
    ],
    ['few zero points', reform(`${first}.weight_zero_point`, 'I32', [1, 1], 4), /makes it \[2, 1\]/],
    ['a shape in 32 bits', reform(`${first}.weight_shape`, 'I32', [2], 4), /weight_shape is I32/],
    ['an ordered module', reform(`${first}.weight_g_idx`, 'I32', [16], 4), /g_idx gives every input/],
    [
      'another shape',
      replace(`${first}.weight_shape`, (b) => void b.fill(1)),
      /weight_shape says \[72340172/,
    ],
    ['a scale of 0', setScale(0), /holds 0 at element 1/],
    ['a negative scale', setScale(0xbc00), /holds -1 at element 1/],
    ['an infinite scale', setScale(0x7c00), /holds Infinity at element 1/],
    ['a scale that is no number', setScale(0x7e00), /holds NaN at element 1/],
    ['an unknown module', reform('model.layers.9.mlp.up_proj.weight_packed', 'I32', [1, 1], 4), /no place/],
  ])('is refused: %s', async (_, change, message) => {
    const { files } = await tinyInt4({ change });
    expect((await refusal(load(files))).message).toMatch(message);
  });

  const refused = async (options: Parameters<typeof tinyInt4>[0]) =>
    refusal(load((await tinyInt4(options)).files));

  it('is refused: scales whose weights overflow', async () => {
    const change = (tensors: Map<string, TensorOutput>) => {
      setScale(0x7f7f)(tensors);
      const scale = tensors.get(`${first}.weight_scale`)!;
      tensors.set(scale.name, { ...scale, dtype: 'BF16' });
    };
    expect((await refused({ change })).message).toMatch(/e\+38 at element 1; a scale is/);
  });

  it('is refused: another group size in config.json, and no word of it there', async () => {
    const wider = (config: Record<string, unknown>) => {
      const text = JSON.stringify(config).replace('"group_size":16', '"group_size":8');
      Object.assign(config, JSON.parse(text));
    };
    expect((await refused({ edit: wider })).message).toMatch(/makes it asymmetric \[16, 2\]/);
    const silent = (config: Record<string, unknown>) => delete config['quantization_config'];
    expect((await refused({ edit: silent })).remedy).toMatch(/compression_config/);
  });

  it('is refused: a quantized head', async () => {
    const change = (tensors: Map<string, TensorOutput>) => {
      for (const [old, tensor] of tensors) {
        const name = old.replace(first, 'lm_head');
        if (name !== old) tensors.set(name, { ...tensor, name });
      }
      tensors.delete('lm_head.weight');
    };
    const error = await refused({ config: { tie_word_embeddings: false }, change });
    expect(error.remedy).toMatch(/with lm_head in the list "ignore"/);
  });

  it('is refused: a grid too large for one buffer', async () => {
    const backend = new CpuBackend();
    const facts = { ...backend.facts, maxTensorBytes: 16 * 116 * 4 };
    const small = Object.assign(Object.create(backend) as CpuBackend, { facts });
    const { files } = await tinyInt4({ group: 8, config: { intermediate_size: 1024 } });
    expect((await refusal(loadModel(small, files))).message).toMatch(/proj\.(codes|grid) has \d+ bytes/);
  });
});

describe('a float model', () => {
  it('is dense, or sparse from a tenth of zeros on', async () => {
    const dense = await load(await tinyModel());
    expect(dense).toMatchObject({ form: 'dense', sparsity: 0, quantized: new Set() });
    expect(modelSummary(dense)).toMatchObject({ form: 'dense', groups: [] });
    for (const [every, form] of [
      [11, 'dense'],
      [5, 'sparse'],
    ] as const) {
      const weights = new Map<string, Float32Array<ArrayBuffer>>();
      for (const module of modules) {
        const bytes = await dense.store.read(`${module}.weight`);
        weights.set(
          `${module}.weight`,
          new Float32Array(bytes.buffer).map((value, i) => (i % every === 0 ? 0 : value)),
        );
      }
      const model = await load(await withWeights(weights));
      expect(model.form).toBe(form);
      expect(model.sparsity).toBeCloseTo(1 / every, 2);
      const done: number[] = [];
      expect(await maskOfZeros(model, () => done.push(1))).toEqual(new Set(modules));
      expect(done).toHaveLength(2);
      for (const module of modules) {
        const { shape } = model.store.spec(`${module}.weight`);
        await expectMask(model.store, module, weights.get(`${module}.weight`)!, shape);
      }
    }
  });
});

async function expectMask(
  store: Awaited<ReturnType<typeof load>>['store'],
  module: string,
  weight: Float32Array,
  shape: readonly number[],
): Promise<void> {
  const inputs = shape[1]!;
  const words = Math.ceil(inputs / 32);
  expect(store.spec(maskName(module))).toEqual({ dtype: 'u32', shape: [shape[0], words] });
  const mask = new Uint32Array((await store.read(maskName(module))).buffer);
  const bits = Array.from(weight, (_, i) => {
    const [row, column] = [Math.floor(i / inputs), i % inputs];
    return (mask[row * words + (column >> 5)]! >>> (column & 31)) & 1;
  });
  expect(bits).toEqual(Array.from(weight, (value) => Number(value !== 0)));
}

function drop(tensors: Map<string, TensorOutput>, module: string): void {
  for (const name of tensors.keys()) if (name.startsWith(`${module}.`)) tensors.delete(name);
}

/** The tiny model with other weights here and there. */
async function withWeights(weights: ReadonlyMap<string, Float32Array<ArrayBuffer>>): Promise<FileSource[]> {
  const files = await tinyModel();
  const folder = await openModel(files);
  const tensors = [...folder.tensors].map(([name, { dtype, shape }]) => ({
    name,
    dtype: dtype.toUpperCase() as SafetensorsDtype,
    shape,
    bytes: async () => {
      const other = weights.get(name);
      return other ? new Uint8Array(other.buffer) : (await folder.readTensor(name)).bytes;
    },
  }));
  const bytes = await new Response(safetensorsStream(tensors).stream).arrayBuffer();
  return files.map((file) =>
    file.name === 'model.safetensors' ? bytesSource(file.path, new Uint8Array(bytes)) : file,
  );
}
