/** What the WebGPU backend does when the device refuses: nothing leaks, and the message says what helps. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { expectClose, Scene } from '../kernels/compare.testing.ts';
import { add, attention, columnSquares, crossEntropy, prune, rmsNorm } from '../kernels/ops.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { askTheImpossible, leaveNoRoomFor, ownDevice, watchedBackend } from './webgpu/device.testing.ts';
import { WebGpuBackend } from './webgpu/webgpu.ts';

/** y = x + w of so many numbers. */
function sum(count = 4, op: Op<Record<string, never>> = add): Graph {
  const graph = new Graph();
  const [y] = graph.apply(op, [graph.input('x', 'f32', [count]), graph.stored('w', 'f32', [count])], {});
  graph.output('y', y!);
  return graph;
}

describe('a program that cannot be built leaves nothing behind', () => {
  it('a stored tensor is missing', async () => {
    const watched = await watchedBackend();
    const { backend, live } = watched;
    await expect(backend.compile(sum(), backend.createStore())).rejects.toThrow('w is not in the store');
    expect([live.size, watched.scopes]).toEqual([0, 0]);
  });

  it('scratch memory does not fit: out of memory, with the size and a remedy', async () => {
    const watched = await watchedBackend();
    const store = watched.backend.createStore();
    store.allocate('w', { dtype: 'f32', shape: [4] });
    watched.full = 'scratch 0';
    const failed = watched.backend.compile(sum(), store);
    await expect(failed).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('1 MiB'),
    });
    expect([watched.live.size, watched.scopes]).toEqual([1, 0]);
    watched.full = null;
    (await watched.backend.compile(sum(), store)).dispose();
    store.dispose();
    expect(watched.live.size).toBe(0);
  });

  it('one buffer is larger than the device allows', async () => {
    const { backend, live } = await watchedBackend({ maxStorageBufferBindingSize: 2 ** 20 });
    const store = backend.createStore();
    const graph = new Graph();
    const x = graph.input('x', 'f32', [2 ** 19]);
    graph.output('y', graph.apply(add, [x, x], {})[0]!);
    await expect(backend.compile(graph, store)).rejects.toMatchObject({
      code: 'does-not-fit',
      message: 'One step needs 2 MiB in one piece; this device allows 1 MiB.',
    });
    expect(live.size).toBe(0);
  });

  it('a binding is invalid', async () => {
    const watched = await watchedBackend();
    const { backend, live } = watched;
    const store = backend.createStore();
    store.allocate('w', { dtype: 'f32', shape: [4] });
    const twice: typeof add = {
      ...add,
      name: 'twice',
      dispatches: (node, device) =>
        add
          .dispatches(node, device)
          .map((dispatch) => ({ ...dispatch, bindings: [...dispatch.bindings, null] })),
    };
    await expect(backend.compile(sum(4, twice), store)).rejects.toThrow();
    expect([live.size, watched.scopes]).toEqual([1, 0]);
    store.dispose();
  });

  it('a pipeline that failed once is tried again', async () => {
    const watched = await watchedBackend();
    const store = watched.backend.createStore();
    store.allocate('w', { dtype: 'f32', shape: [4] });
    watched.failures = 1;
    await expect(watched.backend.compile(sum(), store)).rejects.toThrow('the compiler gave up');
    (await watched.backend.compile(sum(), store)).dispose();
    store.dispose();
  });

  it('programs that are built at the same time keep their errors apart', async () => {
    const { backend, live } = await watchedBackend();
    const store = backend.createStore();
    store.allocate('w', { dtype: 'f32', shape: [4] });
    const results = await Promise.allSettled([
      backend.compile(sum(), store),
      backend.compile(sum(5), store),
      backend.compile(sum(), backend.createStore()),
      backend.compile(sum(), store),
    ]);
    // The second one's `w` has another shape in the graph than in the store, which the device does not mind.
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    for (const result of results) if (result.status === 'fulfilled') result.value.dispose();
    store.dispose();
    expect(live.size).toBe(0);
  });
});

it('a stored tensor without memory is named when the store settles, and can be asked for again', async () => {
  const watched = await watchedBackend();
  const store = watched.backend.createStore();
  store.allocate('small', { dtype: 'f32', shape: [4] });
  watched.full = 'large';
  store.allocate('large', { dtype: 'f32', shape: [400] });
  await expect(store.settled()).rejects.toMatchObject({
    code: 'out-of-memory',
    details: { name: 'large', size: 1600 },
  });
  expect(store.names()).toEqual(['small']);
  watched.full = null;
  store.allocate('large', { dtype: 'f32', shape: [400] });
  await store.settled();
  store.dispose();
  expect([watched.live.size, watched.scopes]).toEqual([0, 0]);
});

describe('a device that is no longer to be trusted', () => {
  it('is lost when it is destroyed', async () => {
    const device = await ownDevice();
    const { lost } = new WebGpuBackend(device);
    device.destroy();
    expect(await lost).toMatch(/destroyed/i);
  });

  it('is given up at an error that nobody had asked about, with the message', async () => {
    const device = await ownDevice();
    const { lost } = new WebGpuBackend(device);
    askTheImpossible(device);
    expect(await lost).toMatch(/usage .* doesn't include .*CopyDst/);
    expect((await device.lost).reason).toBe('destroyed');
  });

  it('is kept where errors are asked about: in a program, in a tensor without memory', async () => {
    const device = await ownDevice();
    const backend = new WebGpuBackend(device);
    const store = backend.createStore();
    leaveNoRoomFor(device, 'w');
    store.allocate('w', { dtype: 'f32', shape: [4] });
    store.write('w', new Float32Array(4));
    store.clear('w');
    await expect(backend.compile(sum(), store)).rejects.toThrow();
    await expect(store.read('w')).rejects.toThrow();
    await expect(store.settled()).rejects.toMatchObject({ code: 'out-of-memory' });
    await backend.idle();
    store.allocate('v', { dtype: 'f32', shape: [4] });
    expect(await Promise.race([backend.lost, store.read('v')])).toEqual(new Uint8Array(16));
    askTheImpossible(device);
    await backend.lost;
  });
});

describe('more workgroups than one direction holds', () => {
  const tiny = { maxComputeWorkgroupsPerDimension: 10 };

  it('attention, norms and the loss find themselves in y', async () => {
    const scene = new Scene();
    const rows = 700;
    const shape = {
      heads: 2,
      kvHeads: 1,
      headDim: 4,
      queriesPerSequence: 28,
      keysPerSequence: 28,
      scale: 0.5,
    };
    const [q, k, v] = [8, 4, 4].map((columns, i) =>
      scene.normal('qkv'[i]!, [rows, columns], { trainable: true }),
    );
    const [mixed] = scene.graph.apply(attention, [q!, k!, v!, null], shape);
    const [normed] = scene.graph.apply(rmsNorm, [mixed!, scene.normal('norm', [8])], { epsilon: 1e-5 });
    const targets = scene.integers('targets', [rows], (i) => i % 8);
    const [losses] = scene.graph.apply(crossEntropy, [normed!, targets], {});
    scene.output(losses!, ...scene.gradients(losses!).values());
    await expectSpilled(scene, 30);
  });

  it.each([{ count: 20 }, { n: 2, m: 4 }])('pruning by %j, and its column norms', async (rule) => {
    const scene = new Scene();
    const [rows, columns] = [700, 660];
    const sums = scene.values('sums', [columns], () => 1);
    const x = scene.normal('x', [6, columns]);
    const lengths = scene.integers('lengths', [2], () => 3);
    scene.output(scene.graph.apply(columnSquares, [sums, x, lengths], { rowsPerSequence: 3 })[0]!);
    const mask = scene.values('mask', [rows, 21], () => 0, { dtype: 'u32' });
    const weight = scene.values('w', [rows, columns], () => scene.random.integer(100));
    scene.output(scene.graph.apply(prune, [mask, weight, null], { rule, inverseCount: 1 })[0]!);
    await expectSpilled(scene, 6);
  });

  it('a kernel that looks at x alone is refused', async () => {
    const { backend, live } = await watchedBackend(tiny);
    // More than ten workgroups, of any kernel's.
    const count = 40_000;
    const blind: typeof add = {
      ...add,
      name: 'blind',
      dispatches: (node, device) =>
        add.dispatches(node, device).map((dispatch) => ({ ...dispatch, code: [dispatch.code.join('\n')] })),
    };
    const store = backend.createStore();
    store.allocate('w', { dtype: 'f32', shape: [count] });
    await expect(backend.compile(sum(count, blind), store)).rejects.toMatchObject({ code: 'does-not-fit' });
    store.dispose();
    expect(live.size).toBe(0);
  });

  async function expectSpilled(scene: Scene, inner: number): Promise<void> {
    const { backend } = await watchedBackend(tiny);
    const [expected, found] = [await scene.run(new CpuBackend()), await scene.run(backend)];
    expected.forEach((reference, index) => expectClose(found[index]!, reference, inner, `output ${index}`));
  }
});

it('outputs of any dtype are read as numbers', async () => {
  const graph = new Graph();
  for (const [name, dtype] of [
    ['whole', 'i32'],
    ['bits', 'u32'],
  ] as const)
    graph.output(name, graph.input(name, dtype, [2]));
  graph.output('half', graph.stored('half', 'f16', [3]));
  for (const backend of [new CpuBackend(), (await watchedBackend()).backend]) {
    const store = backend.createStore();
    store.allocate('half', { dtype: 'f16', shape: [3] });
    store.write('half', Uint16Array.of(0x3c00, 0xc000, 0x3800));
    const program = await backend.compile(graph, store);
    program.write('whole', Int32Array.of(-3, 7));
    program.write('bits', Uint32Array.of(0, 4e9));
    program.run();
    const found = await Promise.all(
      ['whole', 'bits', 'half'].map(async (name) => [...(await program.read(name))]),
    );
    expect(found).toEqual([
      [-3, 7],
      [0, 4e9],
      [1, -2, 0.5],
    ]);
    program.dispose();
    store.dispose();
  }
});
