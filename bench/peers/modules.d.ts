/** What the benchmark uses of the peers, so that types check where they are not installed. */
declare module '@tensorflow/tfjs' {
  export interface Tensor2D {
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export const version: { readonly tfjs: string };
  export function tensor2d(values: Float32Array, shape: [number, number]): Tensor2D;
  export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D;
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function backend(): unknown;
}

declare module '@tensorflow/tfjs-backend-webgpu' {}

declare module 'onnxruntime-web/webgpu' {
  export interface GpuTensor {
    getData(): Promise<Float32Array>;
    dispose(): void;
  }
  export interface Session {
    run(feeds: Record<string, GpuTensor>): Promise<Record<string, GpuTensor>>;
    release(): Promise<void>;
  }
  export const env: {
    readonly versions: { readonly web?: string };
    readonly webgpu: { readonly device: Promise<GPUDevice> };
  };
  export const Tensor: {
    fromGpuBuffer(buffer: GPUBuffer, options: { dataType: 'float32'; dims: readonly number[] }): GpuTensor;
  };
  export const InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
}

declare module '@jax-js/jax' {
  type Operand = Array | number;
  type Tree = Array | { [name: string]: Array } | readonly Tree[];
  type Range = [] | [number] | [number, number] | number;
  interface Reduction {
    keepdims?: boolean;
  }
  export interface Array {
    readonly ref: Array;
    data(): Promise<Float32Array>;
    dispose(): void;
    add(other: Operand): Array;
    sub(other: Operand): Array;
    mul(other: Operand): Array;
    div(other: Operand): Array;
    neg(): Array;
    sum(axis?: number, options?: Reduction): Array;
    mean(axis?: number, options?: Reduction): Array;
    reshape(shape: number[]): Array;
    slice(...index: Range[]): Array;
  }
  export const numpy: {
    readonly int32: string;
    array(
      values: Float32Array | Int32Array | number[],
      options?: { shape?: number[]; dtype?: string },
    ): Array;
    zeros(shape: number[]): Array;
    matmul(x: Array, y: Array): Array;
    transpose(x: Array): Array;
    take(x: Array, indices: Array, axis: number): Array;
    concatenate(parts: Array[], axis: number): Array;
    square(x: Array): Array;
    sqrt(x: Array): Array;
    minimum(x: Operand, y: Operand): Array;
    trueDivide(x: Operand, y: Operand): Array;
  };
  export const nn: {
    silu(x: Array): Array;
    logSoftmax(x: Array, axis: number): Array;
    oneHot(x: Array, classes: number): Array;
    dotProductAttention(query: Array, key: Array, value: Array, options: { isCausal: boolean }): Array;
  };
  export const tree: {
    ref<T extends Tree>(arrays: T): T;
    dispose(arrays: Tree): void;
  };
  export function init(...devices: string[]): Promise<string[]>;
  export function defaultDevice(device: string): string;
  export function jit<A extends unknown[], R>(
    f: (...given: A) => R,
  ): ((...given: A) => R) & { dispose(): void };
  export function valueAndGrad<P, R extends unknown[]>(
    f: (parameters: P, ...rest: R) => Array,
  ): (parameters: P, ...rest: R) => [Array, P];
  export function blockUntilReady(arrays: Tree): Promise<unknown>;
  export function getWebGPUDevice(): GPUDevice;
}
