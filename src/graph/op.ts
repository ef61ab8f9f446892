import type { Graph } from './graph.ts';
import type { Tensor, TensorSpec } from './tensor.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** Of an op that has nothing to set. */
export type NoAttributes = Readonly<Record<string, never>>;

export interface Node<A = Attributes> {
  readonly op: Op<A>;
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
}

/** A tensor in host memory. 16-bit floats are widened; real numbers are f32, or f64 in gradient checks. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array;
}

export interface Uniform {
  readonly type: 'u32' | 'f32';
  readonly value: number;
}

/** One GPU dispatch, as data. Binding 0 is the uniform struct; tensors follow from binding 1 (null: a dummy). */
export interface Dispatch {
  readonly label: string;
  /** WGSL sources, concatenated in order. */
  readonly code: readonly string[];
  /** WGSL directives (`enable …;`), which must come first. */
  readonly directives?: readonly string[];
  /** Prepended as `const NAME: u32 = value;`. */
  readonly constants?: Readonly<Record<string, number>>;
  readonly uniforms: readonly Uniform[];
  readonly bindings: readonly (Tensor | null)[];
  /** Workgroups in x, y, z; x may exceed the device's limit, then it spills into y where y is 1. */
  readonly workgroups: readonly [number, number, number];
  /** Multiply–accumulates, roughly: cuts a step into submits of bounded time. */
  readonly work: number;
}

export interface VjpContext<A> {
  readonly graph: Graph;
  readonly node: Node<A>;
  /** Gradient of each output; null where none flows. */
  readonly gradients: readonly (Tensor | null)[];
  /** Whether input i leads to a trainable tensor: build its gradient only then. */
  readonly needs: (input: number) => boolean;
}

/** What decides between variants of a kernel. */
export interface DeviceTraits {
  /** Lanes of a subgroup where they are always as many, else null. */
  readonly subgroup: number | null;
  /** Bytes of workgroup memory that a kernel may have. */
  readonly workgroupBytes: number;
  /** Threads that a workgroup may have. */
  readonly workgroupThreads: number;
  /** The adapter is a program on the CPU: loads are dear there, workgroup memory and barriers dearer. */
  readonly software: boolean;
  /** Variants that were measured to be best on this device, by `Variants.key`; empty where nothing was measured. */
  readonly choices: ReadonlyMap<string, string>;
}

/** Kernels that compute the same for a node: what autotuning chooses between. */
export interface Variants {
  /** What the best one depends on: nodes with the same key take the same variant. */
  readonly key: string;
  /** By preference: the first one is taken where nothing was measured. */
  readonly names: readonly [string, ...string[]];
}

/** The variant that was measured to be best, else the preferred one. */
export function chosenVariant({ key, names }: Variants, { choices }: DeviceTraits): string {
  const choice = choices.get(key);
  return choice !== undefined && names.includes(choice) ? choice : names[0];
}

/** The contract of a folder in `src/kernels/`: what an op computes, its derivative, and how a device runs it. */
export interface Op<A = Attributes> {
  readonly name: string;
  /** Shapes and dtypes of the outputs; throws on inputs that do not fit. */
  infer(inputs: readonly (TensorSpec | null)[], attributes: A): TensorSpec[];
  /** Output i overwrites input `inPlace[i]` (which must be stored). */
  readonly inPlace?: readonly number[];
  /** Vector–Jacobian product, as more ops: the gradient of each input. */
  vjp?(context: VjpContext<A>): (Tensor | null)[];
  /** The plain definition, accumulating in float64: every kernel's oracle. In-place outputs are the inputs' arrays. */
  reference(inputs: readonly (HostTensor | null)[], outputs: readonly HostTensor[], attributes: A): void;
  /** Where an op has several kernels for a node: those that the device can run. `dispatches` takes the chosen one. */
  variants?(node: Node<A>, device: DeviceTraits): Variants;
  dispatches(node: Node<A>, device: DeviceTraits): Dispatch[];
}
