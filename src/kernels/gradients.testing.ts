import { expect } from 'vitest';
import type { CpuStore } from '../backends/cpu/store.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Scene } from './compare.testing.ts';
import { dot } from './dot/op.ts';
import { writeRows } from './rows/op.ts';

/** Builds the value under test; stored tensors that are trainable are differentiated. */
export type Build = (scene: Scene) => Tensor;

const step = 1e-5;

/**
 * Checks every gradient of Σ y·noise against central differences, all in double:
 * |analytic − numeric| ≤ 1e-6 of the largest one of that tensor (or of 1). Returns the gradients, by name.
 */
export async function expectGradients(
  build: Build,
  pickNoise?: (index: number) => number,
): Promise<Map<string, Float32Array>> {
  const backend = new CpuBackend({ real: Float64Array });
  const store = backend.createStore();
  const { loss, names } = await forward(backend, store, build, pickNoise);
  const analytic = await backward(backend, store, build, pickNoise);
  expect([...analytic.keys()]).toEqual(names);
  for (const [name, gradient] of analytic) {
    const { data } = store.tensor(name);
    const numeric = Array.from(data, (value, i) => {
      const at = (moved: number) => {
        data[i] = moved;
        return loss();
      };
      const slope = (at(value + step) - at(value - step)) / (2 * step);
      data[i] = value;
      return slope;
    });
    const scale = numeric.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = numeric.reduce((most, value, i) => Math.max(most, Math.abs(value - gradient[i]!)), 0);
    expect(worst / scale, `gradient of ${name}`).toBeLessThan(1e-6);
  }
  return analytic;
}

function describeScene(build: Build, pickNoise?: (index: number) => number) {
  const scene = new Scene(7);
  const y = build(scene);
  const noise = pickNoise ? scene.values('noise', y.shape, pickNoise) : scene.normal('noise', y.shape);
  return { scene, y, noise };
}

/** The loss is kept in the store, where it stays a double; what a program reads is narrowed. */
async function forward(
  backend: CpuBackend,
  store: CpuStore,
  build: Build,
  pickNoise?: (index: number) => number,
) {
  const { scene, y, noise } = describeScene(build, pickNoise);
  const [sum] = scene.graph.apply(dot, [y, noise], {});
  const place = [scene.values('loss', [1], () => 0), sum!, scene.integers('loss row', [1], () => 0)];
  scene.graph.apply(writeRows, place, {});
  scene.fill(store);
  const program = await backend.compile(scene.graph, store);
  for (const [name, data] of scene.inputs) program.write(name, data);
  const loss = () => {
    program.run();
    return store.tensor('loss').data[0]!;
  };
  const trainable = scene.graph.tensors.filter(
    ({ kind, differentiable }) => kind === 'stored' && differentiable,
  );
  return { loss, names: trainable.map(({ name }) => name) };
}

async function backward(
  backend: CpuBackend,
  store: CpuStore,
  build: Build,
  pickNoise?: (index: number) => number,
) {
  const { scene, y, noise } = describeScene(build, pickNoise);
  const gradients = scene.gradients(y, noise);
  for (const [name, gradient] of gradients) scene.graph.output(name, gradient);
  const program = await backend.compile(scene.graph, store);
  for (const [name, data] of scene.inputs) program.write(name, data);
  program.run();
  const found = new Map<string, Float32Array>();
  for (const name of gradients.keys()) found.set(name, await program.read(name));
  return found;
}
