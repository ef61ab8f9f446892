import type { Node } from './op.ts';

/**
 * `f16` and `bf16` are packed two to a 32-bit word, low half first; rows of odd length are not padded. `i4` are codes
 * 0…15, packed eight to a word, low nibble first, every row padded to whole words; what they stand for is said by the
 * grid beside them (`kernels/int4.ts`).
 */
export type DType = 'f32' | 'f16' | 'bf16' | 'i4' | 'i32' | 'u32';

export type Shape = readonly number[];

export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * A value in a graph.
 * - `input`: small and written by the host before a run (ids, limits, seeds, the learning rate).
 * - `stored`: lives on the device under its name, outlives programs (weights, adapters, moments, caches).
 * - `computed`: made by a node, in scratch memory.
 */
export interface Tensor extends TensorSpec {
  readonly id: number;
  readonly kind: 'input' | 'stored' | 'computed';
  readonly name: string;
  readonly producer: Node | null;
  /** The tensor whose memory this one overwrites (state that a graph updates in place), else null. */
  readonly alias: Tensor | null;
  /** True where some trainable tensor is upstream: only then is a gradient ever built for it. */
  readonly differentiable: boolean;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Bytes on the device, rounded up to whole 32-bit words. */
export function bytesOf({ dtype, shape }: TensorSpec): number {
  if (dtype === 'i4') {
    const { rows, columns } = matrixOf(shape);
    return rows * Math.ceil(columns / 8) * 4;
  }
  const width = dtype === 'f16' || dtype === 'bf16' ? 2 : 4;
  return Math.ceil((sizeOf(shape) * width) / 4) * 4;
}

/** Rows and columns of a tensor seen as a matrix: the last axis is the columns. */
export function matrixOf(shape: Shape): { rows: number; columns: number } {
  const columns = shape.at(-1) ?? 1;
  return { rows: columns === 0 ? 0 : sizeOf(shape) / columns, columns };
}
