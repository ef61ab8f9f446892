import type { Node } from '../../../graph/op.ts';
import { sizeOf, type DType, type Tensor } from '../../../graph/tensor.ts';

/** The kernels of wasm/index.ts, by their numbers there. */
export const kernels = [
  'matmul',
  'attention',
  'attention-backward',
  'rms-norm',
  'rms-norm-backward',
  'layer-norm',
  'layer-norm-backward',
  'add',
  'scaled',
  'softcap',
  'softcap-backward',
  'activate',
  'activate-backward',
  'gated',
  'gated-backward',
  'dropout',
  'embedding',
  'gather-rows',
  'scatter-rows',
  'add-positions',
  'rope',
  'write-rows',
  'cross-entropy',
  'cross-entropy-backward',
  'dot',
  'adamw',
  'clip-scale',
] as const;

export type KernelName = (typeof kernels)[number];

/** One kernel on one node: the fields of its struct in wasm/, after the first two. */
export interface Command {
  readonly kernel: KernelName;
  readonly words: readonly number[];
  /** Bytes that each thread needs while it runs. */
  readonly scratch?: number;
  /** Multiply–accumulates, roughly. */
  readonly work: number;
}

/** Where a tensor is; 0 where there is none. */
export type AddressOf = (tensor: Tensor | null | undefined) => number;

/** The command of a node; null where the kernel does not take it, so that the reference function runs. */
export type Encoder = (node: Node, address: AddressOf) => Command | null;

const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);

/** A real number as the word that holds its f32. */
export function f32(value: number): number {
  single[0] = value;
  return bits[0]!;
}

/** How wasm/weights.ts names dtypes. */
export function dtypeCode(dtype: DType): number {
  const code = ['f32', 'f16', 'bf16', 'i4'].indexOf(dtype);
  if (code < 0) throw new Error(`${dtype} is no dtype of weights`);
  return code;
}

/** Whether the tensors that are there are all plain f32. */
export const real = (...tensors: readonly (Tensor | null | undefined)[]) =>
  tensors.every((tensor) => !tensor || tensor.dtype === 'f32');

export const startWords = (start: Tensor | null | undefined, address: AddressOf) => [
  address(start),
  start ? sizeOf(start.shape) : 0,
];

/** Numbers of a row, with room for whole vectors, in bytes. */
export const rowBytes = (count: number) => Math.ceil(count / 16) * 64;
