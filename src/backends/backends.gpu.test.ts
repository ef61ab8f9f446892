/** One contract, every backend. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { plainTraits } from '../graph/traits.testing.ts';
import type { DType, Tensor } from '../graph/tensor.ts';
import { PareError } from '../lib/assert.ts';
import { add, writeRows } from '../kernels/ops.ts';
import { readStored, Scene } from '../kernels/compare.testing.ts';
import { tinyLlama } from '../kernels/llama.testing.ts';
import type { Backend } from './backend.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { wasmBackend } from './wasm/wasm.testing.ts';
import { gpuBackend } from './webgpu/device.testing.ts';

const backends: Record<string, () => Promise<Backend>> = {
  cpu: () => Promise.resolve(new CpuBackend()),
  wasm: wasmBackend,
  webgpu: gpuBackend,
};

describe.each(Object.keys(backends))('the %s store', (kind) => {
  const open = async () => (await backends[kind]!()).createStore();

  it.each([
    ['f32', [3], 12],
    ['f16', [3], 8],
    ['bf16', [3, 5], 32],
    ['u32', [1], 4],
    ['i32', [2, 2], 16],
  ] as const)(
    'keeps the bytes of %s%j, zero at first and after clear',
    async (dtype: DType, shape: readonly number[], size: number) => {
      const store = await open();
      store.allocate('t', { dtype, shape });
      expect(await store.read('t')).toEqual(new Uint8Array(size));
      const halves = dtype === 'f16' || dtype === 'bf16';
      // An odd number of 16-bit values ends in the middle of a word; the view starts in the middle of its buffer.
      const bytes = Uint8Array.from(
        { length: (halves ? 2 : 4) * shape.reduce((a, b) => a * b, 1) + 4 },
        (_, i) => i + 1,
      ).subarray(4);
      store.write('t', bytes);
      const expected = new Uint8Array(size);
      expected.set(bytes);
      expect(await store.read('t')).toEqual(expected);
      store.clear('t');
      expect(await store.read('t')).toEqual(new Uint8Array(size));
      store.dispose();
    },
  );

  it('writes from a byte offset on', async () => {
    const store = await open();
    store.allocate('t', { dtype: 'f32', shape: [4] });
    store.write('t', Float32Array.of(1, 2, 3, 4));
    store.write('t', Float32Array.of(9), 8);
    expect([...(await readStored(store, 't'))]).toEqual([1, 2, 9, 4]);
    store.dispose();
  });

  it('keeps a tensor that is asked for again, refuses another shape, and knows its names', async () => {
    const store = await open();
    store.allocate('t', { dtype: 'f32', shape: [2] });
    store.write('t', Float32Array.of(1, 2));
    store.allocate('t', { dtype: 'f32', shape: [2] });
    expect([...(await readStored(store, 't'))]).toEqual([1, 2]);
    expect(() => store.allocate('t', { dtype: 'f32', shape: [3] })).toThrow('another shape');
    expect(() => store.allocate('t', { dtype: 'f16', shape: [2] })).toThrow('another shape');
    expect([store.has('t'), store.has('u'), store.names()]).toEqual([true, false, ['t']]);
    expect(() => store.write('u', Float32Array.of(1))).toThrow('u is not in the store');
    expect(store.bytes()).toBeGreaterThanOrEqual(8);
    store.remove('t');
    expect([store.has('t'), store.bytes()]).toEqual([false, 0]);
  });

  it('refuses what one binding cannot reach, and says what helps', async () => {
    const backend = await backends[kind]!();
    if (backend.facts.backend === 'cpu') return;
    const store = backend.createStore();
    const shape = [backend.facts.maxTensorBytes / 4 + 1];
    expect(() => store.allocate('large', { dtype: 'f32', shape })).toThrow(PareError);
    expect(store.has('large')).toBe(false);
  });
});

describe.each(Object.keys(backends))('a program on %s', (kind) => {
  const open = async () => backends[kind]!();

  it('updates state in place, run after run, seen by other programs over the same store', async () => {
    const backend = await open();
    const store = backend.createStore();
    store.allocate('state', { dtype: 'f32', shape: [3] });
    const counter = new Graph();
    const state = counter.stored('state', 'f32', [3]);
    const [next] = counter.apply(add, [state, counter.input('step', 'f32', [3])], {});
    const [written] = counter.apply(writeRows, [state, next!, counter.input('start', 'i32', [1])], {});
    counter.output('after', written!);
    const doubled = new Graph();
    doubled.output(
      'y',
      doubled.apply(add, [doubled.stored('state', 'f32', [3]), doubled.stored('state', 'f32', [3])], {})[0]!,
    );
    const programs = await Promise.all([backend.compile(counter, store), backend.compile(doubled, store)]);
    programs[0].write('step', Float32Array.of(1, 2, 3));
    programs[0].run();
    programs[0].run();
    programs[1].run();
    expect([...(await programs[0].read('after'))]).toEqual([2, 4, 6]);
    expect([...(await programs[1].read('y'))]).toEqual([4, 8, 12]);
    programs[0].write('step', Float32Array.of(-2, -4, -6));
    programs[0].run();
    expect([...(await readStored(store, 'state'))]).toEqual([0, 0, 0]);
    for (const program of programs) program.dispose();
    store.dispose();
  });

  it('says which input, output or stored tensor is missing', async () => {
    const backend = await open();
    const store = backend.createStore();
    const graph = new Graph();
    graph.output(
      'y',
      graph.apply(add, [graph.input('a', 'f32', [1]), graph.stored('w', 'f32', [1])], {})[0]!,
    );
    await expect(backend.compile(graph, store)).rejects.toThrow('w is not in the store');
    store.allocate('w', { dtype: 'f32', shape: [1] });
    const program = await backend.compile(graph, store);
    expect(() => program.write('b', Float32Array.of(1))).toThrow('the graph has no input b');
    await expect(async () => program.read('z')).rejects.toThrow('the graph has no output z');
    program.dispose();
    store.dispose();
  });

  it('gives the same bits again', async () => {
    const backend = await open();
    const scene = new Scene(5);
    const losses = tinyLlama(scene);
    scene.output(losses, ...scene.gradients(losses).values());
    expect(await scene.run(backend)).toEqual(await scene.run(backend));
  });
});

it('a long step is cut into several submits, in order', async () => {
  const heavy: typeof add = {
    ...add,
    name: 'heavy',
    dispatches: (node) => add.dispatches(node, plainTraits).map((dispatch) => ({ ...dispatch, work: 1.5e8 })),
  };
  const backend = await gpuBackend();
  const scene = new Scene();
  const x: Tensor = scene.values('x', [70], (i) => i);
  let sum = x;
  for (let i = 0; i < 5; i++) sum = scene.graph.apply(heavy, [sum, x], {})[0]!;
  scene.output(sum);
  const store = backend.createStore();
  scene.fill(store);
  const program = await backend.compile(scene.graph, store);
  expect(program.work).toBe(7.5e8);
  program.dispose();
  store.dispose();
  expect([...(await scene.run(backend))[0]!]).toEqual(Array.from({ length: 70 }, (_, i) => 6 * i));
});
