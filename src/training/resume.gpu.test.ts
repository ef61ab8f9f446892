/** Training that was interrupted ends with the bits of training that was not. */
import { describe, expect, it } from 'vitest';
import type { Backend, Store } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import { momentNames, ringName, ringSize } from './graph.ts';
import { tinyConfig, tinyOptions, tinyPlan, tinyStep, tinyStore } from './tiny.testing.ts';
import { stateNames, SupernetTrainer } from './trainer.ts';

type State = Map<string, { spec: TensorSpec; bytes: Uint8Array<ArrayBuffer> }>;

const steps = ringSize + 6;

/**
 * Steps `from` … `steps` over a store of its own, which at first holds nothing but the model and `state`; `states` are
 * those at `reads` and at the end.
 */
async function train(backend: Backend, from: number, state: State = new Map(), reads: number[] = []) {
  const store = tinyStore(backend);
  for (const [name, { spec, bytes }] of state) {
    store.allocate(name, spec);
    store.write(name, bytes);
  }
  const trainer = await SupernetTrainer.create(backend, store, tinyConfig, { ...tinyOptions, from });
  const losses: number[] = [];
  const states = new Map<number, State>();
  for (let step = from; step <= steps; step++) {
    expect(trainer.steps).toBe(step);
    if (reads.includes(step) || step % 50 === 0 || step === steps) {
      const read = await trainer.losses();
      expect(read.from).toBe(from + losses.length);
      losses.push(...read.values);
    }
    if (reads.includes(step) || step === steps) states.set(step, await stateOf(store));
    if (step < steps) tinyStep(trainer, step);
  }
  trainer.dispose();
  store.dispose();
  return { losses, states };
}

async function stateOf(store: Store): Promise<State> {
  const state: State = new Map();
  for (const name of stateNames(tinyPlan))
    state.set(name, { spec: store.spec(name), bytes: await store.read(name) });
  return state;
}

function expectSameBytes(found: State, expected: State, label: string): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, { bytes }] of expected)
    expect(found.get(name)!.bytes, `${name}, ${label}`).toEqual(bytes);
}

describe.each(['cpu', 'webgpu'])('on %s', (kind) => {
  const open = async (): Promise<Backend> => (kind === 'cpu' ? new CpuBackend() : gpuBackend());

  it('goes on to the bit after any number of steps', async () => {
    const backend = await open();
    const late = [ringSize - 1, ringSize, steps - 1];
    const reads = kind === 'cpu' ? [0, 1, 7, ...late, ringSize + 1] : [1, ...late];
    const whole = await train(backend, 0);
    const interrupted = await train(backend, 0, new Map(), reads);
    expect(new Set(whole.losses).size).toBe(steps);
    expect(interrupted.losses).toEqual(whole.losses);
    for (const at of reads) {
      const rest = await train(backend, at, interrupted.states.get(at));
      expect(rest.losses, `losses from ${at}`).toEqual(whole.losses.slice(at));
      expectSameBytes(rest.states.get(steps)!, whole.states.get(steps)!, `from ${at}`);
    }
  });

  it('does not go on from moments that are missing or of another shape, and keeps those that it was given', async () => {
    const backend = await open();
    const state = (await train(backend, 0, new Map(), [2])).states.get(2)!;
    const [moment] = momentNames(stateNames(tinyPlan)[0]!);
    const create = (store: Store) =>
      SupernetTrainer.create(backend, store, tinyConfig, { ...tinyOptions, from: 2 });
    const store = tinyStore(backend);
    await expect(create(store)).rejects.toThrow(`${moment} is not in the store`);
    for (const [name, { spec, bytes }] of state) {
      const shape = name === moment ? [...spec.shape].reverse() : spec.shape;
      store.allocate(name, { ...spec, shape });
      store.write(name, bytes);
    }
    await expect(create(store)).rejects.toThrow(`${moment} is f32[16,4], not f32[4,16]`);
    store.remove(moment);
    store.allocate(moment, state.get(moment)!.spec);
    const { compile } = backend;
    backend.compile = () => Promise.reject(new Error('no room'));
    await expect(create(store)).rejects.toThrow('no room');
    backend.compile = compile;
    expect(store.has(ringName)).toBe(false);
    for (const [name, { bytes }] of state) if (name !== moment) expect(await store.read(name)).toEqual(bytes);
    store.dispose();
  });
});

it('the state is the adapters and their moments, each once', () => {
  const names = stateNames(tinyPlan);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(6 * tinyPlan.adapters.size);
});
