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
import type { QuantizedOutput } from './compressed-tensors-write.ts';
import { parseGptq } from './gptq-config.ts';
import { gptqProblem, gptqTensors } from './gptq-write.ts';
import { readGptq, takeGptq } from './gptq.ts';
import { dtypeBytes, type SafetensorsDtype, type TensorEntry } from './safetensors.ts';

interface Version {
  qzeros: EncodedArray;
}
interface Layer {
  name: string;
  out_features: number;
  in_features: number;
  group_size: number;
  codes: EncodedArray;
  zeros: EncodedArray;
  scales_f16: EncodedArray;
  gptq: {
    v2: Version & { qweight: EncodedArray; scales: EncodedArray; g_idx: EncodedArray };
    v1?: Version;
    v1_encodings?: Record<string, Version>;
  };
  v1_encodings?: Record<string, Version>;
}

const module = 'model.layers.0.mlp.up_proj';
const part = (name: string) => `${module}.${name}`;

/** Bytes by the names of their tensors, as a file would hold them. */
type Held = Map<
  string,
  { dtype: SafetensorsDtype; shape: readonly number[]; bytes: Uint8Array<ArrayBuffer> }
>;

function entriesOf(held: Held): Map<string, TensorEntry> {
  return new Map(
    [...held].map(([name, { dtype, shape }]) => {
      const end = shape.reduce((product, extent) => product * extent, dtypeBytes[dtype]);
      return [name, { name, dtype, shape, begin: 0, end }];
    }),
  );
}

const configOf = (changes: object = {}) => ({
  quantization_config: { quant_method: 'gptq', bits: 4, group_size: 32, sym: false, ...changes },
});

async function read(held: Held, config: unknown, shape: readonly [number, number]) {
  const found = entriesOf(held);
  const expected = new Map([[part('weight'), { shape, transposed: false }]]);
  const taken = takeGptq(found, expected, 'model.layers', parseGptq(config, 'config.json'), 'a.safetensors');
  expect([...found.keys()]).toEqual([]);
  return readGptq(taken.get(module)!, ({ name }) => Promise.resolve(held.get(name)!.bytes.slice()));
}

async function heldOf(output: QuantizedOutput, symmetric = false) {
  const { tensors, quantization } = gptqTensors([output], { symmetric, ignore: [] });
  const held: Held = new Map();
  for (const { name, dtype, shape, bytes } of tensors)
    held.set(name, { dtype, shape, bytes: new Uint8Array(await bytes()) });
  return { held, config: { quantization_config: quantization } };
}

const pairs = (scales: ArrayLike<number>, zeros: ArrayLike<number>) =>
  Float32Array.from({ length: 2 * scales.length }, (_, i) => (i % 2 === 0 ? scales : zeros)[i >> 1]!);

const outputOf = (
  shape: readonly [number, number],
  group: number | null,
  codes: ArrayLike<number>,
  grid: Float32Array,
): QuantizedOutput => ({
  module,
  shape,
  group,
  codes: () => Promise.resolve(packNibbles(codes, shape[1])),
  grid: () => Promise.resolve(grid),
});

const goldenOutput = (layer: Layer) =>
  outputOf(
    [layer.out_features, layer.in_features],
    layer.group_size,
    decodeArray(layer.codes),
    pairs(decodeArray(layer.scales_f16), decodeArray(layer.zeros)),
  );

const withZeros = (held: Held, { qzeros }: Version): Held =>
  new Map(held).set(part('qzeros'), { ...held.get(part('qzeros'))!, bytes: decodeBytes(qzeros) });

const hasGolden = hasShared('golden-methods/packing.json');
const layers = hasGolden ? readSharedJson<{ layers: Layer[] }>('golden-methods/packing.json').layers : [];

describe.skipIf(!hasGolden)('the packed layers of AutoGPTQ and GPTQModel', () => {
  it.each(layers)('$name: v2 written to the byte, and both versions read', async (layer) => {
    const symmetric = layer.name === 'sym';
    const { held, config } = await heldOf(goldenOutput(layer), symmetric);
    const { v1, v2 } = layer.gptq;
    for (const [name, golden] of Object.entries(v2)) {
      expect(held.get(part(name))!.bytes, name).toEqual(decodeBytes(golden));
      expect(held.get(part(name))!.shape, name).toEqual(golden.shape);
    }
    const shape = [layer.out_features, layer.in_features] as const;
    const versions: [Held, unknown][] = [[held, config]];
    const stated = { group_size: layer.group_size, sym: symmetric };
    if (v1) versions.push([withZeros(held, v1), configOf(stated)]);
    // Mislabelled: only a symmetric file shows it.
    if (symmetric) {
      versions.push([held, configOf(stated)]);
      versions.push([withZeros(held, v1!), configOf({ ...stated, checkpoint_format: 'gptq_v2' })]);
    }
    for (const [version, json] of versions) {
      const weight = await read(version, json, shape);
      expect(weight.group).toBe(layer.group_size);
      expect(Float64Array.from(unpackNibbles(weight.codes, shape[1]))).toEqual(decodeArray(layer.codes));
      expect(weight.grid).toEqual(pairs(decodeArray(layer.scales_f16), decodeArray(layer.zeros)));
    }
  });

  it('a zero point 0 in v1 is read where GPTQModel wrote it, and refused elsewhere', async () => {
    const layer = layers.find(({ name }) => name === 'zero-point-0')!;
    const shape = [layer.out_features, layer.in_features] as const;
    const { held } = await heldOf(goldenOutput(layer));
    const encodings = (layer.v1_encodings ?? layer.gptq.v1_encodings)!;
    const made = configOf({ group_size: layer.group_size, meta: { quantizer: ['gptqmodel:1.4.0'] } });
    const weight = await read(withZeros(held, encodings['gptqmodel_v2_to_v1']!), made, shape);
    expect(weight.grid).toEqual(pairs(decodeArray(layer.scales_f16), decodeArray(layer.zeros)));
    for (const [name, encoding] of Object.entries(encodings))
      await expect(read(withZeros(held, encoding), configOf(), shape), name).rejects.toMatchObject({
        code: 'quantization-unsupported',
        message: expect.stringContaining('zero point 0') as string,
      });
  });
});

describe('codes and grids', () => {
  const cases = fc.record({
    out: fc.integer({ min: 1, max: 4 }),
    whole: fc.integer({ min: 1, max: 5 }),
    group: fc.constantFrom(null, 8, 32, 128),
    seed: fc.nat(),
  });

  it('come back as they were written, whatever the shape', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ out, whole, group, seed }) => {
        const shape = [8 * out, (group ?? 8) * whole] as const;
        const groups = group === null ? 1 : whole;
        const values = (i: number) => Math.imul(seed + i, 2654435761) >>> 4;
        const scales = Array.from({ length: 8 * out * groups }, (_, i) => (1 + (values(i) % 2047)) / 4096);
        const grid = pairs(
          scales,
          scales.map((_, i) => values(i) & 15),
        );
        const codes = Array.from({ length: shape[0] * shape[1] }, (_, i) => values(i) & 15);
        const { held, config } = await heldOf(outputOf(shape, group, codes, grid));
        const weight = await read(held, config, shape);
        expect([...unpackNibbles(weight.codes, shape[1])]).toEqual(codes);
        expect(weight.grid).toEqual(grid);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what cannot be read is refused by name', () => {
  const shape = [8, 64] as const;
  const sample = () =>
    heldOf(outputOf(shape, 32, Array<number>(512).fill(5), pairs(Array(16).fill(0.5), Array(16).fill(7))));
  const changed = (held: Held, name: string, bytes: Uint8Array<ArrayBuffer>, rest: object = {}): Held =>
    new Map(held).set(part(name), { ...held.get(part(name))!, bytes, ...rest });

  it('in config.json', () => {
    const refusals: [object, string][] = [
      [{ bits: 8 }, 'quantization_config.bits is 8'],
      [{ lm_head: true }, 'quantization_config.lm_head is true'],
      [{ pack_dtype: 'int16' }, 'quantization_config.pack_dtype is "int16"'],
      [{ checkpoint_format: 'marlin' }, 'quantization_config.checkpoint_format is "marlin"'],
      [{ group_size: 100 }, 'quantization_config.group_size is 100'],
      [{ dynamic: { '.*down.*': { bits: 8 } } }, 'quantization_config.bits is 8'],
      [{ group_size: 'all' }, 'quantization_config.group_size'],
    ];
    for (const [change, message] of refusals) {
      const parse = () => parseGptq(configOf(change), 'config.json');
      expect(parse).toThrow(PareError);
      expect(parse).toThrow(`config.json: ${message}`);
    }
    expect(parseGptq({ quantization_config: { quant_method: 'awq' } }, 'config.json')).toBeNull();
    expect(parseGptq({}, 'config.json')).toBeNull();
  });

  it('in the tensors', async () => {
    const { held, config } = await sample();
    const acted = new Uint8Array(Int32Array.from({ length: 64 }, (_, i) => i & 1).buffer);
    await expect(read(changed(held, 'g_idx', acted), config, shape)).rejects.toThrow(
      'puts input 1 into group 1: the groups follow the activations (desc_act)',
    );
    const negative = new Uint8Array(new Uint16Array(16).fill(0xbc00).buffer);
    await expect(read(changed(held, 'scales', negative), config, shape)).rejects.toThrow('scales holds -1');
    await expect(read(held, configOf({ group_size: 64 }), shape)).rejects.toThrow(
      'scales is [2, 8], but config.json makes its groups 1 (group_size 64)',
    );
    await expect(read(held, configOf({ sym: true }), [8, 32])).rejects.toThrow('a.safetensors');
    await expect(
      read(held, configOf({ sym: true, checkpoint_format: 'gptq_v2' }), shape),
    ).resolves.toMatchObject({
      grid: pairs(Array(16).fill(0.5), Array(16).fill(8)),
    });
    const mixed = new Uint8Array(Uint32Array.of(0x77777777, 0x77777771).buffer);
    await expect(read(changed(held, 'qzeros', mixed), configOf({ sym: true }), shape)).rejects.toThrow(
      'qzeros has other zero points than 8',
    );
    const short = new Map(held);
    short.delete(part('qzeros'));
    await expect(read(short, config, shape)).rejects.toThrow('has qweight, scales, g_idx, but no qzeros');
    await expect(read(held, {}, shape)).rejects.toThrow('is quantized (qweight), but config.json has no');
  });

  it('a bias that the model does not have is read over only where it is zero', async () => {
    const { held, config } = await sample();
    const bias = (value: number) =>
      new Map(held).set(part('bias'), {
        dtype: 'F32',
        shape: [8],
        bytes: new Uint8Array(new Float32Array(8).fill(value).buffer),
      });
    await expect(read(bias(0), config, shape)).resolves.toMatchObject({ groups: 2 });
    await expect(read(bias(1), config, shape)).rejects.toThrow('bias is not zero');
  });

  it('what cannot be written says so', () => {
    const grid = pairs([1], [8]);
    expect(gptqProblem(outputOf([12, 32], 32, [], grid))).toContain('[12, 32]');
    expect(gptqProblem(outputOf([8, 40], 32, [], grid))).toContain('40 inputs, which groups of 32');
    expect(gptqProblem(outputOf([8, 64], 32, [], grid))).toBeNull();
  });
});
