import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { expectGpuEqualsCpu, readStored, Scene } from '../compare.testing.ts';
import { adamw, clipScale } from './op.ts';

const betas = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const [rate, decay] = [1e-3, 0.1];

const hyper = (step: number) =>
  Float32Array.of(rate, 1 - betas.beta1 ** step, 1 - betas.beta2 ** step, decay);

function update(count: number, clip: number): Scene {
  const scene = new Scene();
  const state = ['m', 'v'].map((name) => scene.values(name, [count], () => 0));
  const gradient = scene.reals('gradient', [count], () => scene.random.normal());
  const rest = [scene.reals('clip', [1], () => clip), scene.reals('hyper', [4], (i) => hyper(1)[i]!)];
  // Parameters start near zero, so that an update keeps its own precision.
  const parameter = scene.values('p', [count], () => 1e-3 * scene.random.normal());
  scene.output(...scene.graph.apply(adamw, [parameter, ...state, gradient, ...rest], betas));
  return scene;
}

/** torch.optim.AdamW, single tensor, written plainly in double. */
function torchAdamW(p: number, gradients: readonly number[]): number {
  let [parameter, m, v] = [p, 0, 0];
  gradients.forEach((g, index) => {
    const step = index + 1;
    parameter *= 1 - rate * decay;
    m += (g - m) * (1 - betas.beta1);
    v = v * betas.beta2 + g * g * (1 - betas.beta2);
    const denominator = Math.sqrt(v) / Math.sqrt(1 - betas.beta2 ** step) + betas.epsilon;
    parameter -= ((rate / (1 - betas.beta1 ** step)) * m) / denominator;
  });
  return parameter;
}

describe('adamw', () => {
  it.each([1, 7])('GPU and CPU agree after %i steps', async (steps) => {
    await expectGpuEqualsCpu(update(131, 0.7), 1, steps);
  });

  it.each(['cpu', 'webgpu'])('three steps are PyTorch’s, on %s', async (device) => {
    const backend = device === 'cpu' ? new CpuBackend() : await gpuBackend();
    const count = 50;
    const scene = update(count, 1);
    const store = backend.createStore();
    scene.fill(store);
    const program = await backend.compile(scene.graph, store);
    program.write('clip', Float32Array.of(1));
    const gradients = [1, 2, 3].map(() => Float32Array.from({ length: count }, () => scene.random.normal()));
    gradients.forEach((gradient, index) => {
      program.write('gradient', gradient);
      program.write('hyper', hyper(index + 1));
      program.run();
    });
    const found = await readStored(store, 'p');
    scene.stored.get('p')!.forEach((before, i) => {
      const expected = torchAdamW(
        before,
        gradients.map((gradient) => gradient[i]!),
      );
      expect(Math.abs(found[i]! - expected), `parameter ${i}`).toBeLessThan(2e-6 * rate);
    });
    program.dispose();
    store.dispose();
  });
});

describe('clip scale', () => {
  it.each([
    { label: 'large gradients shrink', size: 3 },
    { label: 'small ones stay', size: 0.01 },
    { label: 'zeros stay', size: 0 },
  ])('$label', async ({ size }) => {
    const scene = new Scene();
    const gradients = [[1], [7, 19], [64], [65, 3]].map((shape, i) =>
      scene.values(`g${i}`, shape, () => size * scene.random.normal()),
    );
    scene.output(scene.graph.apply(clipScale, gradients, { maximum: 1 })[0]!);
    const [found] = await expectGpuEqualsCpu(scene, 1);
    const squares = [...scene.stored.values()]
      .flatMap((values) => [...values])
      .reduce((sum, x) => sum + x * x, 0);
    expect(found![0]).toBeCloseTo(Math.min(1, 1 / (Math.sqrt(squares) + 1e-6)), 5);
  });
});
