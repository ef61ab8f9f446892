import type { MatmulShape } from '../matmul.ts';
import type { PackedInt4 } from './onnx-model.ts';

/** Which of ours it is compared with: a linear module, its input gradient, an adapter's gradient. */
export type Family = 'nt' | 'nn' | 'tn';

/** How a weight is held; elsewhere than with us it is f32, and INT4 codes where an engine knows them. */
export type WeightForm = 'f32' | 'bf16' | { readonly group: number };

/** Operands of Y = X·W, row-major: x [rows, inner], w [inner, columns]. */
export interface Operands {
  readonly shape: MatmulShape;
  readonly family: Family;
  readonly form: WeightForm;
  readonly x: Float32Array<ArrayBuffer>;
  readonly w: Float32Array<ArrayBuffer>;
  /** What w was decoded from, where its groups run along inner. */
  readonly int4: PackedInt4 | null;
  /** The same for us: codes, and (δ, z) of each group. */
  readonly codes: Uint8Array<ArrayBuffer> | null;
  readonly grid: Float32Array<ArrayBuffer> | null;
}

/** One library with the operands on its device. */
export interface Prepared {
  /** Multiplies so many times, then waits for the device once. */
  run(times: number): Promise<void>;
  result(): Promise<Float32Array>;
  dispose(): Promise<void> | void;
}

export interface Contender {
  readonly name: string;
  prepare(operands: Operands): Promise<Prepared>;
}
