import type { MatmulShape } from '../matmul.ts';

/** Operands of Y = X·W, row-major: x [rows, inner], w [inner, columns]. */
export interface Operands {
  readonly shape: MatmulShape;
  readonly x: Float32Array<ArrayBuffer>;
  readonly w: Float32Array<ArrayBuffer>;
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
