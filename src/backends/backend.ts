import type { Graph } from '../graph/graph.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import { PareError } from '../lib/assert.ts';

export type HostArray = Float32Array | Int32Array | Uint32Array;

/** What a device can hold and how it calls itself. */
export interface DeviceFacts {
  readonly backend: 'webgpu' | 'cpu';
  readonly adapter: string;
  /** Largest tensor that one binding reaches, in bytes. */
  readonly maxTensorBytes: number;
  readonly features: readonly string[];
  /** Which variants of the kernels run: on one adapter, the same variants give the same bits. */
  readonly kernels: string;
}

/**
 * Turns graphs into programs over one store of named tensors. Training, evaluation, calibration and decoding are
 * programs over the same store, so nothing is uploaded twice.
 */
export interface Backend {
  readonly facts: DeviceFacts;
  createStore(): Store;
  /**
   * Before the first program of a run, which is to run these graphs. Where kernels have variants, it measures for a second
   * or two which are fastest, and takes them in all programs from then on: not again within a run, since other kernels
   * give other bits. `checkpoint` is called between measurements; where it throws, nothing is chosen.
   */
  tune?(graphs: readonly Graph[], checkpoint?: () => Promise<void>): Promise<void>;
  /** Begins to compile what graphs need while other work goes on; whoever needs it first waits for it. */
  precompile?(graphs: readonly Graph[]): void;
  /** Takes the variants that `facts.kernels` of a device of the same adapter named, as a log has it; measures nothing. */
  adopt?(kernels: string): void;
  /** Builds pipelines, scratch memory and bindings once. Every stored tensor of the graph must be in the store. */
  compile(graph: Graph, store: Store): Promise<Program>;
  /** Multiply–accumulates to queue before waiting, as far as the device's speed is known: about a quarter of a second. */
  readonly aheadWork?: number;
  /** Resolves when all queued work is done. */
  idle(): Promise<void>;
  /**
   * Resolves, with the reason, when the device is lost, or was given up because it refused something unasked. Never on
   * the CPU. Nothing on the device is of use then: reads reject with an `AbortError`, all else goes on as if it worked.
   */
  readonly lost: Promise<string>;
  dispose(): void;
}

/** Named tensors that live on the device. */
export interface Store {
  /** Zero-filled. Asking for a name again with the same shape keeps the tensor; with another shape is an error. */
  allocate(name: string, spec: TensorSpec): void;
  has(name: string): boolean;
  spec(name: string): TensorSpec;
  /** Raw little-endian bytes in the tensor's own dtype, from byte `offset`. */
  write(name: string, bytes: ArrayBufferView<ArrayBuffer>, offset?: number): void;
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  clear(name: string): void;
  remove(name: string): void;
  names(): string[];
  /**
   * Resolves when all tensors asked for so far really have memory, which a GPU tells late; else throws 'out-of-memory'
   * and forgets those that have none.
   */
  settled(): Promise<void>;
  /** Bytes held, and bytes that a tensor would take. */
  bytes(): number;
  cost(spec: TensorSpec): number;
  dispose(): void;
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** Of a tensor that the device has no room for. */
export function outOfMemory(name: string, size: number, held: number): PareError {
  return new PareError(
    'out-of-memory',
    `The device has no room for ${name}: ${mebibytes(size)}, beside the ${mebibytes(held)} that are held.`,
    'Close other pages that use the GPU, use a smaller model, or lower the batch size.',
    { name, size, held },
  );
}

export interface Program {
  /** Sets an input of the graph. */
  write(name: string, data: HostArray): void;
  /** Queues one run; on a GPU it returns before the work is done, and reading waits for it. */
  run(): void;
  /** An output of the graph as it is after the runs so far. */
  read(name: string): Promise<Float32Array>;
  readonly scratchBytes: number;
  /** Multiply–accumulates that a run queues, roughly; infinite where it keeps the thread until it is done. */
  readonly work: number;
  dispose(): void;
}
