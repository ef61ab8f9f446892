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
  export interface Array {
    readonly ref: Array;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export const numpy: {
    array(values: Float32Array, options: { shape: number[] }): Array;
    matmul(x: Array, y: Array): Array;
  };
  export function init(...devices: 'webgpu'[]): Promise<string[]>;
  export function defaultDevice(device: 'webgpu'): string;
  export function jit(
    f: (x: Array, w: Array) => Array,
  ): ((x: Array, w: Array) => Array) & { dispose(): void };
  export function blockUntilReady(arrays: Array[]): Promise<unknown>;
  export function getWebGPUDevice(): GPUDevice;
}
