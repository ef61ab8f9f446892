import { expect, it } from 'vitest';
import { Graph } from '../../graph/graph.ts';
import { chosenVariant, type NoAttributes, type Op } from '../../graph/op.ts';
import { add } from '../../kernels/ops.ts';
import { winner } from './autotune.ts';
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
  backend.adopt(`${before}; sum = faster than light; other = fast`);
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
});
