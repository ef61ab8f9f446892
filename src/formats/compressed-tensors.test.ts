import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import {
  decodeArray,
  decodeBytes,
  hasShared,
  readSharedJson,
  type EncodedArray,
} from '../lib/golden.testing.ts';
import { packNibbles, unpackNibbles } from '../lib/nibbles.ts';
import { parseQuantization } from './compressed-tensors-config.ts';
import { compressedTensors, type QuantizedOutput } from './compressed-tensors-write.ts';
import { partsOf, readQuantized, takeQuantized } from './compressed-tensors.ts';
import { openSafetensors, type TensorStore } from './safetensors.ts';
import { safetensorsStream, type TensorOutput } from './safetensors-write.ts';
import { bytesSource } from './source.ts';
import { countZeroCodes, countZeros } from './zeros.ts';

interface Layer {
  name: string;
  out_features: number;
  in_features: number;
  group_size: number;
  codes: EncodedArray;
  zeros: EncodedArray;
  scales_f16: EncodedArray;
  dequantized_f32: EncodedArray;
  zero_codes: number;
  compressed_tensors: {
    weight_packed: EncodedArray;
    weight_shape: number[];
    symmetric: boolean;
    weight_zero_point?: EncodedArray;
  };
}

const module = 'model.layers.0.mlp.up_proj';

function outputOf(
  shape: readonly [number, number],
  group: number | null,
  codes: ArrayLike<number>,
  grid: Float32Array<ArrayBuffer>,
): QuantizedOutput {
  const packed = packNibbles(codes, shape[1]);
  return { module, shape, group, codes: () => Promise.resolve(packed), grid: () => Promise.resolve(grid) };
}

const pairs = (scales: ArrayLike<number>, zeros: ArrayLike<number>) =>
  Float32Array.from({ length: 2 * scales.length }, (_, i) => (i % 2 === 0 ? scales : zeros)[i >> 1]!);

const write = (output: QuantizedOutput) => compressedTensors([output], { ignore: ['lm_head'], dtype: 'f16' });

async function opened(tensors: readonly TensorOutput[]): Promise<TensorStore> {
  const bytes = await new Response(safetensorsStream(tensors).stream).arrayBuffer();
  return openSafetensors(bytesSource('model.safetensors', new Uint8Array(bytes)));
}

async function readBack(tensors: readonly TensorOutput[], quantization: unknown, shape: readonly number[]) {
  const store = await opened(tensors);
  const schemes = parseQuantization({ quantization_config: quantization }, 'config.json');
  const found = new Map(store.entries);
  const taken = takeQuantized(
    found,
    new Map([[`${module}.weight`, { shape, transposed: false }]]),
    'model.layers',
    schemes,
    'model.safetensors',
  ).get(module)!;
  expect(found.size).toBe(0);
  return { taken, weight: await readQuantized(taken, ({ name }) => store.read(name)) };
}

const hasGolden = hasShared('golden-methods/packing.json');
const layers = hasGolden ? readSharedJson<{ layers: Layer[] }>('golden-methods/packing.json').layers : [];

describe.skipIf(!hasGolden)('the packed layers of compressed-tensors itself', () => {
  it.each(layers)('$name: written to the byte and read back', async (layer) => {
    const shape = [layer.out_features, layer.in_features] as const;
    const [codes, zeros] = [decodeArray(layer.codes), decodeArray(layer.zeros)];
    const grid = pairs(decodeArray(layer.scales_f16), zeros);
    const expected = layer.compressed_tensors;
    const { tensors, quantization, notes } = await write(outputOf(shape, layer.group_size, codes, grid));
    const bytes = new Map<string, Uint8Array>();
    for (const tensor of tensors) bytes.set(tensor.name.slice(module.length + 1), await tensor.bytes());
    expect(bytes.get('weight_packed')).toEqual(decodeBytes(expected.weight_packed));
    expect(bytes.get('weight_scale')).toEqual(decodeBytes(layer.scales_f16));
    expect(bytes.get('weight_zero_point')).toEqual(
      expected.weight_zero_point && decodeBytes(expected.weight_zero_point),
    );
    expect([...new BigInt64Array(bytes.get('weight_shape')!.buffer as ArrayBuffer)].map(Number)).toEqual(
      expected.weight_shape,
    );
    for (const { name, shape: written } of tensors) {
      if (name.endsWith('weight_packed')) expect(written).toEqual(expected.weight_packed.shape);
      if (name.endsWith('zero_point')) expect(written).toEqual(expected.weight_zero_point!.shape);
    }
    expect(quantization).toMatchObject({
      config_groups: { group_0: { weights: { symmetric: expected.symmetric } } },
    });
    expect(notes).toEqual(['INT4 scales are stored as F16, which holds every one of them exactly.']);

    const { taken, weight } = await readBack(tensors, quantization, shape);
    expect(taken).toMatchObject({ group: layer.group_size, symmetric: expected.symmetric });
    expect(Float64Array.from(unpackNibbles(weight.codes, shape[1]))).toEqual(codes);
    expect(weight.grid).toEqual(grid);
    expect(countZeroCodes(weight)).toBe(layer.zero_codes);
    const product = (code: number, i: number) => {
      const at = Math.floor(i / shape[1]) * weight.groups + Math.floor((i % shape[1]) / layer.group_size);
      return Math.fround(grid[2 * at]! * (code - grid[2 * at + 1]!));
    };
    expect(codes.map(product)).toEqual(decodeArray(layer.dequantized_f32));
  });
});

describe('codes and grids', () => {
  const cases = fc.record({
    out: fc.integer({ min: 1, max: 19 }),
    whole: fc.integer({ min: 1, max: 5 }),
    group: fc.constantFrom(null, 8, 16, 32),
    symmetric: fc.boolean(),
    exact: fc.boolean(),
    seed: fc.nat(),
  });

  it('come back as they were written, whatever the shape', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ out, whole, group, symmetric, exact, seed }) => {
        const shape = [out, group === null ? 3 * whole : group * whole] as const;
        const groups = group === null ? 1 : whole;
        const values = (i: number) => Math.imul(seed + i, 2654435761) >>> 4;
        const scales = Array.from({ length: out * groups }, (_, i) =>
          Math.fround(exact ? (1 + (values(i) % 2047)) / 4096 : (1 + values(i)) * 1e-9),
        );
        const zeros = scales.map((_, i) => (symmetric ? 8 : values(i) & 15));
        const codes = Array.from({ length: out * shape[1] }, (_, i) => values(i) & 15);
        const grid = pairs(scales, zeros);
        const { tensors, quantization } = await write(outputOf(shape, group, codes, grid));
        if (exact) expect(tensors.find(({ name }) => name.endsWith('scale'))!.dtype).toBe('F16');
        const { weight } = await readBack(tensors, quantization, shape);
        expect([...unpackNibbles(weight.codes, shape[1])]).toEqual(codes);
        expect(weight.grid).toEqual(grid);
      }),
      { numRuns: 200 },
    );
  });

  it('keep scales that F16 cannot hold in F32, and say so', async () => {
    const output = outputOf([1, 8], 8, [1, 2, 3, 4, 5, 6, 7, 8], Float32Array.of(Math.fround(0.1), 3));
    const { tensors, notes } = await compressedTensors([output], { ignore: [], dtype: 'bf16' });
    expect(tensors.find(({ name }) => name.endsWith('scale'))!.dtype).toBe('F32');
    expect(notes[0]).toMatch(/stored as F32: F16 cannot hold 1 of the 1/);
    expect(notes[1]).toMatch(/BF16/);
  });

  it('name their modules where group sizes differ', async () => {
    const other = { ...outputOf([1, 16], 16, new Uint8Array(16), Float32Array.of(1, 8)), module: 'other' };
    const first = outputOf([1, 8], 8, new Uint8Array(8), Float32Array.of(1, 3));
    const { quantization } = await compressedTensors([first, other], { ignore: [], dtype: 'f32' });
    expect(quantization['config_groups']).toMatchObject({
      group_0: { targets: [module], weights: { group_size: 8, symmetric: false } },
      group_1: { targets: ['other'], weights: { group_size: 16, symmetric: true } },
    });
    expect(parseQuantization({ quantization_config: quantization }, 'c')).toEqual([
      { symmetric: false, group: 8 },
      { symmetric: true, group: 16 },
    ]);
  });

  it('read a last, short group and forget what pads a row', async () => {
    const [out, inputs] = [9, 12];
    const codes = Array.from({ length: out * inputs }, (_, i) => (5 * i) & 15);
    const packed = packNibbles(codes, inputs);
    for (let row = 0; row < out; row++) packed[row * 8 + 7] = 0xab;
    const tensor = (part: string, dtype: TensorOutput['dtype'], shape: number[], data: Uint8Array) => ({
      name: `${module}.${part}`,
      dtype,
      shape,
      bytes: () => Promise.resolve(data),
    });
    const scales = Float32Array.from({ length: 2 * out }, (_, i) => i + 1);
    const { weight, taken } = await readBack(
      [
        tensor('weight_packed', 'I32', [out, 2], packed),
        tensor('weight_scale', 'F32', [out, 2], new Uint8Array(scales.buffer)),
        tensor('weight_shape', 'I64', [2], new Uint8Array(BigInt64Array.of(9n, 12n).buffer)),
      ],
      int4({ group_size: 8 }),
      [out, inputs],
    );
    expect(weight.codes).toEqual(packNibbles(codes, inputs));
    expect(weight.grid).toEqual(
      pairs(
        scales,
        scales.map(() => 8),
      ),
    );
    expect([...partsOf(taken).keys()]).toHaveLength(3);
    expect(countZeroCodes(weight)).toBe(codes.filter((code) => code === 8).length);
  });

  it.each([
    [100, 64, /100 inputs, which groups of 64/, /FFN widths in steps of 64/],
    [48, 32, /48 inputs/, /groups of 16 or fewer/],
  ])('are not written where %s inputs are cut into groups of %s', async (inputs, group, message, remedy) => {
    const groups = Math.ceil(inputs / group);
    const grid = pairs(Array(groups).fill(1), Array(groups).fill(8));
    const known = await write(outputOf([1, inputs], group, new Uint8Array(inputs), grid)).catch(
      (e: unknown) => e,
    );
    expect(known).toBeInstanceOf(PareError);
    expect((known as PareError).message).toMatch(message);
    expect((known as PareError).message).toContain(module);
    expect((known as PareError).remedy).toMatch(remedy);
  });

  it('are written in one group where a row is shorter than a group', async () => {
    const { tensors } = await write(outputOf([1, 24], 64, new Uint8Array(24), Float32Array.of(1, 8)));
    expect(tensors.find(({ name }) => name.endsWith('scale'))!.shape).toEqual([1, 1]);
  });
});

it('counts zeros of either sign', () => {
  const floats = Float32Array.of(0, -0, 1e-45, 1);
  expect(countZeros(new Uint8Array(floats.buffer), 'f32')).toBe(2);
  expect(countZeros(new Uint8Array(Uint16Array.of(0, 0x8000, 1, 0x3c00, 0).buffer), 'f16')).toBe(3);
  expect(countZeros(new Uint8Array(Uint16Array.of(0, 0x8000, 1).buffer), 'bf16')).toBe(2);
});

function int4(
  weights: Record<string, unknown> = {},
  group: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    quant_method: 'compressed-tensors',
    format: 'pack-quantized',
    config_groups: {
      group_0: {
        targets: ['Linear'],
        weights: { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 64, ...weights },
        input_activations: null,
        ...group,
      },
    },
    ignore: ['lm_head'],
    sparsity_config: {},
  };
}

describe('quantization_config', () => {
  const parse = (config: unknown) => parseQuantization({ quantization_config: config }, 'm/config.json');

  it('is read in every way that means the same', () => {
    expect(parse(undefined)).toBeNull();
    expect(parse(null)).toBeNull();
    expect(parse(int4())).toEqual([{ symmetric: true, group: 64 }]);
    expect(parse(int4({ strategy: null }))).toEqual([{ symmetric: true, group: 64 }]);
    expect(parse(int4({ strategy: 'channel', group_size: null }))).toEqual([
      { symmetric: true, group: null },
    ]);
    expect(parse(int4({ strategy: undefined, group_size: -1 }))).toEqual([{ symmetric: true, group: null }]);
    expect(parse(int4({ actorder: 'static', symmetric: false, type: 'INT' }))).toEqual([
      { symmetric: false, group: 64 },
    ]);
    expect(parse({ ...int4(), sparsity_config: { format: 'dense' }, kv_cache_scheme: null })).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['GPTQ', { quant_method: 'gptq', bits: 4, group_size: 128 }, 'quant_method is "gptq"'],
    ['AWQ', { quant_method: 'awq', bits: 4 }, 'quant_method is "awq"'],
    ['bitsandbytes', { quant_method: 'bitsandbytes', load_in_4bit: true }, 'quant_method is "bitsandbytes"'],
    ['no method', { bits: 4 }, 'quant_method is missing'],
    ['no object', 4, 'quant_method is missing'],
    ['another format', { ...int4(), format: 'int-quantized' }, 'format is "int-quantized"'],
    [
      'sparse bitmasks',
      { ...int4(), sparsity_config: { format: 'sparse-bitmask' } },
      'sparsity_config.format is',
    ],
    ['rotations', { ...int4(), transform_config: { config_groups: {} } }, 'transform_config rotates'],
    ['a quantized cache', { ...int4(), kv_cache_scheme: { num_bits: 8 } }, 'kv_cache_scheme quantizes'],
    ['8 bits', int4({ num_bits: 8 }), 'config_groups.group_0.weights.num_bits is 8'],
    ['floats', int4({ type: 'float' }), 'weights.type is "float"'],
    ['dynamic scales', int4({ dynamic: true }), 'weights.dynamic is set'],
    ['activation order', int4({ actorder: 'group' }), 'weights.actorder gives every input'],
    ['a group that is no power of two', int4({ group_size: 96 }), 'weights.group_size is 96'],
    ['a group of 4', int4({ group_size: 4 }), 'weights.group_size is 4'],
    ['an absurd group', int4({ group_size: 2 ** 40 }), 'weights.group_size is 1099511627776'],
    ['no group size', int4({ group_size: null }), 'weights.group_size is missing'],
    ['one scale a tensor', int4({ strategy: 'tensor' }), 'weights.strategy is "tensor"'],
    ['activations', int4({}, { input_activations: { num_bits: 8 } }), 'input_activations quantizes'],
    ['a group in another format', int4({}, { format: 'nvfp4-pack-quantized' }), 'group_0.format is'],
    ['weights that are text', int4({ num_bits: '4' }), 'config_groups.group_0.weights.num_bits: '],
    ['no weights', int4({}, { weights: null }), 'config_groups.group_0.weights: '],
    ['a preset', { ...int4(), config_groups: { W4A16: ['Linear'] } }, 'config_groups.W4A16: '],
  ])('refuses %s, naming the field and a way out', (_, config, message) => {
    const refused = errorOf(() => parse(config));
    expect(refused.message).toMatch(/^m\/config\.json: quantization_config\./);
    expect(refused.message).toContain(message);
    expect(refused.remedy).toMatch(/float model/);
  });
});

function errorOf(run: () => unknown): PareError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(PareError);
    return error as PareError;
  }
  return expect.unreachable();
}
