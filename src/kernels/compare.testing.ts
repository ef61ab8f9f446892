import { expect } from 'vitest';
import type { Backend, HostArray, Store } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { wasmBackend } from '../backends/wasm/wasm.testing.ts';
import { gpuBackend, ownDevice } from '../backends/webgpu/device.testing.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { differentiate } from '../graph/gradient.ts';
import { Graph } from '../graph/graph.ts';
import { sizeOf, type DType, type Tensor } from '../graph/tensor.ts';
import { fromFloat32 } from '../lib/half.ts';
import { packNibbles } from '../lib/nibbles.ts';
import { Random } from '../lib/random.ts';
import { accumulate } from './accumulate.ts';
import { gridSpec } from './int4.ts';

interface StoredOptions {
  dtype?: DType;
  trainable?: boolean;
}

/** Declares random tensors while a test builds its graph, and fills them alike on every backend. */
export class Scene {
  readonly graph = new Graph();
  readonly stored = new Map<string, Float32Array<ArrayBuffer>>();
  readonly inputs = new Map<string, HostArray>();
  readonly random: Random;

  constructor(seed = 1) {
    this.random = new Random(seed);
  }

  /** A stored tensor of standard normal numbers (rounded to its dtype). */
  normal(name: string, shape: readonly number[], options: StoredOptions = {}): Tensor {
    return this.values(name, shape, () => this.random.normal(), options);
  }

  /** A stored tensor of chosen numbers. */
  values(
    name: string,
    shape: readonly number[],
    pick: (index: number) => number,
    options: StoredOptions = {},
  ): Tensor {
    const { dtype = 'f32', trainable = false } = options;
    this.stored.set(
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => pick(i)),
    );
    return this.graph.stored(name, dtype, shape, trainable);
  }

  /** Random INT4 codes and their grid, in groups of `group` inputs: zero points 0…15, numbers of about unit size. */
  int4(
    name: string,
    shape: readonly [number, number],
    group: number,
    trainable = false,
  ): { codes: Tensor; grid: Tensor } {
    const codes = this.values(name, shape, () => this.random.integer(16), { dtype: 'i4', trainable });
    const pair = (i: number) => (i % 2 === 0 ? 0.05 + 0.3 * this.random.next() : this.random.integer(16));
    return { codes, grid: this.values(`${name} grid`, gridSpec(shape, group).shape, pair) };
  }

  /** An integer input. */
  integers(
    name: string,
    shape: readonly number[],
    pick: (index: number) => number,
    dtype: 'i32' | 'u32' = 'i32',
  ): Tensor {
    const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => pick(i));
    this.inputs.set(name, dtype === 'i32' ? Int32Array.from(numbers) : Uint32Array.from(numbers));
    return this.graph.input(name, dtype, shape);
  }

  /** A real input. */
  reals(name: string, shape: readonly number[], pick: (index: number) => number): Tensor {
    this.inputs.set(
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => pick(i)),
    );
    return this.graph.input(name, 'f32', shape);
  }

  output(...tensors: Tensor[]): void {
    tensors.forEach((tensor) => this.graph.output(String(this.graph.outputs.size), tensor));
  }

  /** Gradients of Σ y·noise with respect to every trainable tensor so far, by its name. */
  gradients(y: Tensor, noise = this.normal('noise', y.shape)): Map<string, Tensor> {
    const wanted = this.graph.tensors.filter(
      ({ kind, differentiable }) => kind === 'stored' && differentiable,
    );
    const found = differentiate(this.graph, y, noise, wanted, accumulate);
    return new Map(wanted.map(({ name }, index) => [name, found[index]!]));
  }

  /** The outputs after some runs; state that the graph updates in place is read from the store. */
  async run(backend: Backend, times = 1): Promise<HostArray[]> {
    const store = backend.createStore();
    this.fill(store);
    const program = await backend.compile(this.graph, store);
    for (const [name, data] of this.inputs) program.write(name, data);
    for (let time = 0; time < times; time++) program.run();
    const found: HostArray[] = [];
    for (const [name, tensor] of this.graph.outputs) {
      found.push(tensor.alias ? await readStored(store, tensor.alias.name) : await program.read(name));
    }
    program.dispose();
    store.dispose();
    return found;
  }

  fill(store: Store): void {
    for (const [name, values] of this.stored) {
      const tensor = this.graph.tensors.find((candidate) => candidate.name === name)!;
      store.allocate(name, tensor);
      const { dtype } = tensor;
      if (dtype === 'i32') store.write(name, Int32Array.from(values));
      else if (dtype === 'u32') store.write(name, Uint32Array.from(values));
      else if (dtype === 'i4') store.write(name, packNibbles(values, tensor.shape.at(-1)!));
      else store.write(name, fromFloat32(values, dtype));
    }
  }
}

/** A tensor of the store as numbers of its own dtype (32-bit dtypes). */
export async function readStored(store: Store, name: string): Promise<HostArray> {
  const { buffer } = await store.read(name);
  const { dtype } = store.spec(name);
  if (dtype === 'i32') return new Int32Array(buffer);
  return dtype === 'u32' ? new Uint32Array(buffer) : new Float32Array(buffer);
}

/**
 * The rule of every kernel test: |gpu − cpu| ≤ 1e-5·√K·scale, with K the length of the inner sums and scale the
 * largest reference value (at least 1). Integers are equal. K = 0: bit-equal. Returns what the GPU found.
 */
export async function expectGpuEqualsCpu(scene: Scene, inner: number, times = 1): Promise<HostArray[]> {
  const expected = await scene.run(new CpuBackend(), times);
  await expectCompiledEqual(scene, expected, inner, times);
  const found = await scene.run(await gpuBackend(), times);
  expected.forEach((reference, index) => expectClose(found[index]!, reference, inner, `output ${index}`));
  return found;
}

/** The WebAssembly kernels keep the rule too. */
async function expectCompiledEqual(
  scene: Scene,
  expected: readonly HostArray[],
  inner: number,
  times = 1,
): Promise<void> {
  const found = await scene.run(await wasmBackend(), times);
  expected.forEach((reference, i) => expectClose(found[i]!, reference, inner, `WebAssembly, output ${i}`));
}

/** The same for every variant of the kernels that the device can run; returns what each of them found. */
export async function expectVariantsEqualCpu(scene: Scene, inner: number): Promise<HostArray[][]> {
  const { backend, choices } = await (choosing ??= choosingBackend());
  const variants = scene.graph.nodes.flatMap((node) => node.op.variants?.(node, backend.traits) ?? []);
  const most = Math.max(1, ...variants.map(({ names }) => names.length));
  const expected = await scene.run(new CpuBackend());
  await expectCompiledEqual(scene, expected, inner);
  const all: HostArray[][] = [];
  for (let turn = 0; turn < most; turn++) {
    const names = variants.map((each) => each.names[turn % each.names.length]!);
    choices.clear();
    variants.forEach(({ key }, index) => choices.set(key, names[index]!));
    const found = await scene.run(backend);
    expected.forEach((reference, i) =>
      expectClose(found[i]!, reference, inner, `${names.join()}, output ${i}`),
    );
    all.push(found);
  }
  return all;
}

/** One backend for all tests, so that a pipeline is compiled once; which kernels it takes is changed between scenes. */
async function choosingBackend() {
  const choices = new Map<string, string>();
  return { backend: new WebGpuBackend(await ownDevice(), { choices }), choices };
}

let choosing: ReturnType<typeof choosingBackend> | undefined;

export function expectClose(found: HostArray, reference: HostArray, inner: number, label?: string): void {
  if (!(reference instanceof Float32Array) || inner === 0) return expect(found, label).toEqual(reference);
  const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const bound = 1e-5 * Math.sqrt(inner) * scale;
  const worst = reference.reduce((most, value, i) => Math.max(most, distance(value, found[i]!)), 0);
  expect(worst, label).toBeLessThanOrEqual(bound);
}

const distance = (a: number, b: number) =>
  Object.is(a, b) ? 0 : Number.isNaN(a - b) ? Infinity : Math.abs(a - b);
