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
import { packNibbles } from '../lib/nibbles.ts';
import { blockSize, nbitsOf, packBlocks, packGrid, unpackBlocks, unpackGrid } from './onnx-nbits.ts';
import { readOnnx } from './onnx-read.ts';
import { onnxFiles, type OnnxFile, type OnnxLayout, type OnnxModel, type OnnxTensor } from './onnx-write.ts';
import { bytesSource } from './source.ts';

interface Layer {
  name: string;
  out_features: number;
  in_features: number;
  group_size: number;
  groups: number;
  codes: EncodedArray;
  zeros: EncodedArray;
  scales_f16: EncodedArray;
  onnx_matmulnbits: { B: EncodedArray; zero_points: EncodedArray; attributes: Record<string, number> };
}

const golden = 'golden-methods/packing.json';

describe.skipIf(!hasShared(golden))('MatMulNBits as ONNX Runtime reads it', () => {
  const { layers } = hasShared(golden) ? readSharedJson<{ layers: Layer[] }>(golden) : { layers: [] };
  for (const layer of layers) {
    it(layer.name, () => {
      const { out_features: out, in_features: inputs, group_size: group, groups } = layer;
      const { B, zero_points: zeroPoints, attributes } = layer.onnx_matmulnbits;
      const nbits = nbitsOf(group, inputs)!;
      expect(nbits.block).toBe(attributes['block_size']);
      const codes = packNibbles(decodeArray(layer.codes), inputs);
      const [scales, zeros] = [decodeArray(layer.scales_f16), decodeArray(layer.zeros)];
      const grid = Float32Array.from(
        { length: 2 * out * groups },
        (_, i) => (i % 2 ? zeros : scales)[i >> 1]!,
      );
      const packed = packBlocks(codes, out, inputs, nbits);
      const packedGrid = packGrid(grid, out, groups, group, nbits);
      expect(packed).toEqual(decodeBytes(B));
      expect(packedGrid.zeros).toEqual(decodeBytes(zeroPoints));
      expect(unpackBlocks(packed, out, inputs, nbits)).toEqual(codes);
      expect(unpackGrid(packedGrid.scales, packedGrid.zeros, out, nbits)).toEqual(grid);
    });
  }
});

describe('blocks of MatMulNBits', () => {
  it.each([
    [32, 64, 32],
    [96, 192, 32],
    [48, 96, 16],
    [512, 1024, 256],
    [24, 48, null],
    [null, 172, 256],
    [null, 20, 32],
    [null, 10, 16],
    [64, 40, 64],
  ])('groups of %s in %s inputs: %s', (group, inputs, block) => {
    expect(blockSize(group, inputs)).toBe(block);
  });

  it('repeats δ and z where a group is cut into blocks, and pads the last block', () => {
    const [out, inputs, group] = [2, 72, 48];
    const nbits = nbitsOf(group, inputs)!;
    expect(nbits).toEqual({ block: 16, blocks: 5 });
    const grid = Float32Array.of(1, 3, 2, 4, 5, 6, 7, 8);
    const { scales, zeros } = packGrid(grid, out, 2, group, nbits);
    expect([...scales]).toEqual([1, 1, 1, 2, 2, 5, 5, 5, 7, 7]);
    expect([...zeros]).toEqual([0x33, 0x43, 0x04, 0x66, 0x86, 0x08]);
    const codes = packNibbles(
      Array.from({ length: out * inputs }, (_, i) => i % 16),
      inputs,
    );
    const packed = packBlocks(codes, out, inputs, nbits);
    expect(packed.length).toBe(out * 5 * 8);
    expect(unpackBlocks(packed, out, inputs, nbits)).toEqual(codes);
  });
});

const tensor = (name: string, count: number): OnnxTensor => ({
  name,
  type: 'f32',
  shape: [count],
  bytes: () => Promise.resolve(new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer)),
});

const model: OnnxModel = {
  name: 'test',
  opsets: { '': 17 },
  nodes: [
    {
      op: 'Op',
      domain: '',
      name: 'node',
      inputs: ['large', '', 'small'],
      outputs: ['y'],
      attributes: { axis: -1, epsilon: { float: 1e-5 }, perm: [1, 0] },
    },
  ],
  initializers: [tensor('large', 1000), tensor('small', 3), tensor('larger', 2000)],
  inputs: [{ name: 'x', type: 'i64', shape: ['batch', 4] }],
  outputs: [{ name: 'y', type: 'f32', shape: [] }],
};

const bytesOf = async ({ size, stream }: OnnxFile) => {
  const bytes = new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  expect(bytes.length).toBe(size);
  return bytes;
};

async function written(layout?: OnnxLayout) {
  const files = onnxFiles(model, 'onnx/model.onnx', layout);
  return Promise.all(files.map(async (file) => bytesSource(file.name, await bytesOf(file))));
}

describe('ONNX files', () => {
  it.each([
    ['in one file', undefined, 1],
    ['with weights beside it', { inlineLimit: 100, chunkLimit: 1 << 20 }, 2],
    ['with weights in several files', { inlineLimit: 100, chunkLimit: 4096 }, 3],
  ])('are read as they were written, %s', async (_, layout, count) => {
    const files = await written(layout);
    expect(files.length).toBe(count);
    const { nodes, tensors } = await readOnnx(files[0]!, files);
    expect(nodes).toEqual([{ op: 'Op', inputs: ['large', '', 'small'], integers: new Map([['axis', -1]]) }]);
    for (const { name, shape, bytes } of model.initializers) {
      expect(tensors.get(name)).toMatchObject({ name, type: 'f32', shape });
      expect(await tensors.get(name)!.read()).toEqual(await bytes());
    }
  });

  it('say which file of weights is missing', async () => {
    const [file] = await written({ inlineLimit: 100, chunkLimit: 1 << 20 });
    await expect(readOnnx(file!)).rejects.toThrow(
      'the weights of large are in model.onnx_data, which is not here',
    );
  });

  it('that are damaged are refused, or read to the end, and never anything else', async () => {
    const [file] = await written();
    const whole = await file!.read(0, file!.size);
    const damage = fc.record({ length: fc.nat(whole.length), at: fc.nat(400), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ length, at, byte }) => {
        const bytes = whole.slice(0, length);
        if (at < length) bytes[at] = byte;
        await readOnnx(bytesSource('model.onnx', bytes)).catch((error: unknown) => {
          expect(error).toBeInstanceOf(PareError);
          expect((error as PareError).message).toContain('model.onnx');
        });
      }),
      { numRuns: 300 },
    );
  });
});
