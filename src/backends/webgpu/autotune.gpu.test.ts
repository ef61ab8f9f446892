import { expect, it } from 'vitest';
import { Graph } from '../../graph/graph.ts';
import { chosenVariant, type NoAttributes, type Op } from '../../graph/op.ts';
import { add } from '../../kernels/ops.ts';
import { sample, winner } from './autotune.ts';
import { ownDevice } from './device.testing.ts';
import { WebGpuBackend, type WebGpuOptions } from './webgpu.ts';

const key = 'sum';

/** A sum that is computed once, forty times over, or by what no compiler takes. */
const sumBy = (...names: [string, ...string[]]): Op<NoAttributes> => ({
  ...add,
  variants: () => ({ key, names }),
  dispatches(node, device) {
    const [once] = add.dispatches(node, device);
    const name = chosenVariant({ key, names }, device);
    if (name === 'broken') return [{ ...once!, code: ['this is no WGSL'] }];
    return Array.from({ length: name === 'often' ? 40 : 1 }, () => once!);
  },
});

const size = 2 ** 16;

async function tuned(op: Op<NoAttributes>, options?: WebGpuOptions) {
  const backend = new WebGpuBackend(await ownDevice(), options);
  const before = backend.facts.kernels;
  const graph = new Graph();
  const operands = [graph.input('x', 'f32', [size]), graph.stored('one', 'f32', [size])];
  graph.output('y', graph.apply(op, operands, {})[0]!);
  await backend.tune([graph]);
  const run = async () => {
    const store = backend.createStore();
    store.allocate('one', { dtype: 'f32', shape: [size] });
    const program = await backend.compile(graph, store);
    program.write(
      'x',
      Float32Array.from({ length: size }, (_, i) => i),
    );
    program.run();
    return program.read('y');
  };
  return { backend, before, run };
}

const measures = { measures: true };

it('takes the faster variant, says so, and computes the same', async () => {
  const { backend, before, run } = await tuned(sumBy('often', 'once'), measures);
  expect(backend.facts.kernels).toBe(`${before}; sum = once`);
  expect((await run())[size - 1]).toBe(size - 1);
  backend.dispose();
});

it.each([
  [['once', 'often'] as [string, string], ''],
  [['once', 'broken'] as [string, string], ''],
  [['broken', 'once'] as [string, string], '; sum = once'],
])('of %j it takes what works, the preferred one if it can', async (names, said) => {
  const { backend, before, run } = await tuned(sumBy(...names), measures);
  expect(backend.facts.kernels).toBe(before + said);
  expect((await run())[1]).toBe(1);
  backend.dispose();
});

it('adopts what a log names, without measuring, and takes no name that is unknown', async () => {
  const { backend, before, run } = await tuned(sumBy('once', 'often'), { measures: false });
  backend.adopt(`kernels 1; no subgroups; sum = faster than light; other = fast`);
  expect(backend.facts.kernels).toBe(`${before}; other = fast; sum = faster than light`);
  expect((await run())[1]).toBe(1);
  backend.dispose();
});

it('measures nothing on software adapters unless asked', async () => {
  const { backend, before } = await tuned(sumBy('often', 'once'));
  const isSoftware = /swiftshader|llvmpipe/i.test(backend.facts.adapter);
  expect(backend.facts.kernels).toBe(before + (isSoftware ? '' : '; sum = once'));
  backend.dispose();
});

it('noise does not decide', () => {
  const entries = (...samples: number[][]) => samples.map((each, i) => ({ name: 'abc'[i]!, samples: each }));
  expect(winner(entries([10, 10, 30], [9.8, 9.8, 9.8], []))).toBe('a');
  expect(winner(entries([10, 20, 30], [9, 17, 90]))).toBe('b');
  expect(winner([])).toBeNull();
  // A clock that jumped says nothing.
  expect(winner(entries([0, 10, 10], [1, 0, 9]))).toBe('b');
});

it('runs what is hopeless only once', async () => {
  const runs: number[] = [];
  const entry = (name: string, each: number, seen?: number[]) => ({
    name,
    samples: [],
    program: { dispose: () => undefined, time: async (count: number) => (seen?.push(count), each * count) },
  });
  const entries = [entry('a', 1), entry('b', 11, runs), entry('c', 0.5)];
  await sample(entries, 100);
  expect(runs).toEqual([1]);
  expect(entries[1]!.samples).toEqual([]);
  expect(winner(entries)).toBe('c');
  // Less than ten times as slow, but seconds a sample.
  const slow = [entry('a', 200), entry('b', 600)];
  await sample(slow, 100);
  expect(slow[1]!.samples).toEqual([]);
});

it('stops measuring when asked to, and measures then what was left', async () => {
  const backend = new WebGpuBackend(await ownDevice(), measures);
  const before = backend.facts.kernels;
  const graph = new Graph();
  const operands = [graph.input('x', 'f32', [size]), graph.stored('one', 'f32', [size])];
  graph.output('y', graph.apply(sumBy('often', 'once'), operands, {})[0]!);
  const stop = () => Promise.reject(new Error('stopped'));
  await expect(backend.tune([graph], stop)).rejects.toThrow('stopped');
  expect(backend.facts.kernels).toBe(before);
  await backend.tune([graph]);
  expect(backend.facts.kernels).toBe(`${before}; sum = once`);
  backend.dispose();
});
