import type { FinishedTensor } from '../../compression/merging/materialize.ts';
import { nbitsOf, packBlocks, packGrid, type NBits } from '../../formats/onnx-nbits.ts';
import type { OnnxTensor } from '../../formats/onnx-write.ts';
import { assert } from '../../lib/assert.ts';
import { fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import type { FinishedAdapter, FinishedCodes, FinishedModel } from '../exporter.ts';
import { turned } from '../folder-files.ts';

/** Names of what is stored; `readBack` goes by them. */
export const onnxNames = {
  /** A linear weight as [in, out], which is what MatMul takes. */
  transposed: (module: string) => `${module}.weight_T`,
  codes: (module: string) => `${module}.weight_Q4`,
  scales: (module: string) => `${module}.weight_scales`,
  zeros: (module: string) => `${module}.weight_zero_points`,
  adapterA: (module: string) => `${module}.lora_A_T`,
  adapterB: (module: string) => `${module}.lora_B_T`,
};

/** BF16 is stored as F32: runtimes compute in F32, few of them read BF16, and F16 cannot hold its range. */
const storedAs: Readonly<Record<FloatDtype, 'f32' | 'f16'>> = { f32: 'f32', f16: 'f16', bf16: 'f32' };

interface FloatTensor extends OnnxTensor {
  readonly type: 'f32' | 'f16';
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** The weights of a finished model by name, as ONNX stores them. */
export class OnnxWeights {
  readonly #tensors: ReadonlyMap<string, FinishedTensor>;
  readonly #codes: ReadonlyMap<string, FinishedCodes>;
  readonly #adapters: ReadonlyMap<string, FinishedAdapter>;
  readonly #used = new Set<string>();

  constructor({ tensors, codes, adapters }: FinishedModel) {
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    this.#codes = new Map(codes.map((module) => [module.module, module]));
    this.#adapters = new Map(adapters.map((adapter) => [adapter.module, adapter]));
  }

  /** Throws where the graph that was written leaves a weight out. */
  requireAllUsed(): void {
    const all = [...this.#tensors.keys(), ...this.#codes.keys(), ...this.#adapters.keys()];
    const left = all.filter((name) => !this.#used.has(name));
    assert(left.length === 0, `the graph has no place for ${left.slice(0, 4).join(', ')}`);
  }

  has(tensor: string): boolean {
    return this.#tensors.has(tensor);
  }

  codes(module: string): FinishedCodes | undefined {
    return this.#codes.get(module);
  }

  adapter(module: string): FinishedAdapter | undefined {
    return this.#adapters.get(module);
  }

  /** [out, in] of a linear module, whichever form its weight has. */
  shape(module: string): readonly [out: number, inputs: number] {
    const shape = this.#codes.get(module)?.shape ?? this.#tensor(`${module}.weight`).shape;
    return shape as readonly [number, number];
  }

  /** A float tensor as it is. */
  float(name: string): FloatTensor {
    const { dtype, shape, bytes } = this.#tensor(name);
    this.#used.add(name);
    const type = storedAs[dtype];
    return { name, type, shape, bytes: async () => converted(await bytes(), dtype) };
  }

  /** The float weight of a linear module, [in, out]. */
  transposed(module: string): OnnxTensor {
    const tensor = this.float(`${module}.weight`);
    const [out, inputs] = tensor.shape as [number, number];
    return {
      name: onnxNames.transposed(module),
      type: tensor.type,
      shape: [inputs, out],
      bytes: async () => turned(await tensor.bytes(), out, inputs, tensor.type),
    };
  }

  /** Codes, scales and, unless all are 8, zero points of an INT4 module. */
  int4(codes: FinishedCodes): { nbits: NBits; tensors: OnnxTensor[] } {
    const { module, shape, groups, group, symmetric } = codes;
    this.#used.add(module);
    const [out, inputs] = shape;
    const nbits = nbitsOf(group, inputs);
    assert(nbits, `${module} is in groups of ${group}`);
    const { block, blocks } = nbits;
    const grid = async () => packGrid(await codes.grid(), out, groups, group, nbits);
    const tensors: OnnxTensor[] = [
      {
        name: onnxNames.codes(module),
        type: 'u8',
        shape: [out, blocks, block / 2],
        bytes: async () => packBlocks(await codes.codes(), out, inputs, nbits),
      },
      {
        name: onnxNames.scales(module),
        type: 'f32',
        shape: [out, blocks],
        bytes: async () => new Uint8Array((await grid()).scales.buffer),
      },
    ];
    const zeros: OnnxTensor = {
      name: onnxNames.zeros(module),
      type: 'u8',
      shape: [out, Math.ceil(blocks / 2)],
      bytes: async () => (await grid()).zeros,
    };
    return { nbits, tensors: symmetric ? tensors : [...tensors, zeros] };
  }

  /** A [in, rank] and B [rank, out] of an adapter, transposed for X·A·B. */
  low(adapter: FinishedAdapter): { a: OnnxTensor; b: OnnxTensor } {
    const { module, rank, inputs, outputs } = adapter;
    this.#used.add(module);
    return {
      a: {
        name: onnxNames.adapterA(module),
        type: 'f32',
        shape: [inputs, rank],
        bytes: async () => turned(bytesOf(await adapter.a()), rank, inputs, 'f32'),
      },
      b: {
        name: onnxNames.adapterB(module),
        type: 'f32',
        shape: [rank, outputs],
        bytes: async () => turned(bytesOf(await adapter.b()), outputs, rank, 'f32'),
      },
    };
  }

  #tensor(name: string): FinishedTensor {
    const tensor = this.#tensors.get(name);
    assert(tensor, `there is no tensor ${name}`);
    return tensor;
  }
}

const bytesOf = (values: Float32Array<ArrayBuffer>) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const converted = (bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype) =>
  dtype === 'bf16' ? fromFloat32(toFloat32(bytes, dtype), 'f32') : bytes;
