import { expect } from 'vitest';
import type { Backend, HostArray, Store } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { Graph } from '../graph/graph.ts';
import { sizeOf, type DType, type Tensor } from '../graph/tensor.ts';
import { fromFloat32 } from '../lib/half.ts';
import { Random } from '../lib/random.ts';

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
  normal(name: string, shape: readonly number[], { dtype = 'f32', trainable = false }: { dtype?: DType; trainable?: boolean } = {}): Tensor {
    this.stored.set(name, Float32Array.from({ length: sizeOf(shape) }, () => this.random.normal()));
    return this.graph.stored(name, dtype, shape, trainable);
  }

  integers(name: string, shape: readonly number[], pick: (index: number) => number, dtype: 'i32' | 'u32' = 'i32'): Tensor {
    const array = dtype === 'i32' ? Int32Array : Uint32Array;
    this.inputs.set(name, array.from({ length: sizeOf(shape) }, (_, i) => pick(i)));
    return this.graph.input(name, dtype, shape);
  }

  output(...tensors: Tensor[]): void {
    tensors.forEach((tensor) => this.graph.output(String(this.graph.outputs.size), tensor));
  }

  async run(backend: Backend): Promise<Float32Array[]> {
    const store = backend.createStore();
    this.fill(store);
    const program = await backend.compile(this.graph, store);
    for (const [name, data] of this.inputs) program.write(name, data);
    program.run();
    const found: Float32Array[] = [];
    for (const name of this.graph.outputs.keys()) found.push(await program.read(name));
    program.dispose();
    store.dispose();
    return found;
  }

  fill(store: Store): void {
    for (const [name, values] of this.stored) {
      const tensor = this.graph.tensors.find((candidate) => candidate.name === name)!;
      store.allocate(name, tensor);
      const { dtype } = tensor;
      if (dtype === 'i32' || dtype === 'u32') store.write(name, dtype === 'i32' ? Int32Array.from(values) : Uint32Array.from(values));
      else store.write(name, fromFloat32(values, dtype));
    }
  }
}

/**
 * The rule of every kernel test: |gpu − cpu| ≤ 1e-5·√K·scale, with K the length of the inner sums and scale the
 * largest reference value (at least 1).
 */
export async function expectGpuEqualsCpu(scene: Scene, inner: number): Promise<void> {
  const expected = await scene.run(new CpuBackend());
  const found = await scene.run(await gpuBackend());
  expected.forEach((reference, index) => {
    const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const bound = 1e-5 * Math.sqrt(inner) * scale;
    const worst = reference.reduce((most, value, i) => Math.max(most, distance(value, found[index]![i]!)), 0);
    expect(worst, `output ${index}`).toBeLessThanOrEqual(bound);
  });
}

const distance = (a: number, b: number) => (Object.is(a, b) ? 0 : Number.isNaN(a - b) ? Infinity : Math.abs(a - b));
