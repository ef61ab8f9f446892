import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import { matmul } from '../../src/kernels/ops.ts';
import { Random } from '../../src/lib/random.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { quadCeiling, tileCeiling, type CeilingKernel, type Sizes } from './matmul-ceiling-kernel.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from './timing.ts';

/** Milliseconds of one measurement, about. */
const portion = 150;
const sizes: Sizes = { rows: 256, inner: 512, columns: 512 };
const orientations = ['nt', 'nn', 'tn'] as const;
const names = { nt: 'forward', nn: 'input gradient', tn: 'weight gradient' };

/** Runs so many times, then waits once. */
type Run = (times: number) => Promise<void>;

/** Our matmuls beside a kernel that loads and multiplies as much, of one size, without edges, limits or options. */
export const section: Section = {
  title: 'Matmuls and the best that their loads and multiply–adds allow',
  async measure({ backend, device, rounds }) {
    const quads = device.features.has('subgroups') && device.adapterInfo.subgroupMaxSize === 4;
    const ceiling = quads ? quadCeiling(sizes) : tileCeiling(sizes);
    const ours = await Promise.all(orientations.map((orientation) => openOurs(backend, orientation)));
    const best = await openCeiling(device, ceiling);
    const candidates: (() => Promise<number>)[] = [];
    for (const { run } of [best, ...ours]) candidates.push(await rateOf(run));
    const rates = await interleaved(candidates, rounds);
    for (const { dispose } of [best, ...ours]) dispose();
    const group = `${sizes.rows} × ${sizes.inner} × ${sizes.columns}, f32`;
    return [
      { group, label: `ceiling of ${ceiling.label}`, unit: 'GFLOP/s', value: spreadOf(rates[0]!) },
      ...orientations.flatMap((orientation, index): Row[] => [
        { group, label: names[orientation], unit: 'GFLOP/s', value: spreadOf(rates[index + 1]!) },
        {
          group,
          label: `${names[orientation]}, over the ceiling`,
          unit: '×',
          value: ratioOf(rates[index + 1]!, rates[0]!),
          target: { sense: 'at least', value: 0.8 },
        },
      ]),
    ];
  },
};

/** GFLOP/s of one portion. */
async function rateOf(run: Run): Promise<() => Promise<number>> {
  const flop = 2 * sizes.rows * sizes.inner * sizes.columns;
  await run(1);
  const times = repetitions(await elapsed(() => run(1)), portion, 200);
  return async () => (flop * times) / (await elapsed(() => run(times))) / 1e6;
}

async function openOurs(backend: Backend, orientation: 'nt' | 'nn' | 'tn') {
  const { rows, inner, columns } = sizes;
  const graph = new Graph();
  const shapes = {
    x: orientation === 'tn' ? [inner, rows] : [rows, inner],
    w: orientation === 'nt' ? [columns, inner] : [inner, columns],
  };
  const attributes = { orientation, scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: rows };
  const operands = [graph.input('x', 'f32', shapes.x), graph.input('w', 'f32', shapes.w)];
  graph.output('y', graph.apply(matmul, [...operands, null, null, null, null], attributes)[0]!);
  const store = backend.createStore();
  const program = await backend.compile(graph, store);
  program.write('x', normals(rows * inner));
  program.write('w', normals(columns * inner));
  return {
    run: async (times: number) => {
      for (let i = 0; i < times; i++) program.run();
      await backend.idle();
    },
    dispose: () => {
      program.dispose();
      store.dispose();
    },
  };
}

async function openCeiling(device: GPUDevice, { code, tile }: CeilingKernel) {
  const { rows, inner, columns } = sizes;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffers = [rows * inner, inner * columns, rows * columns].map((count) =>
    device.createBuffer({ size: count * 4, usage }),
  );
  for (const [index, count] of [rows * inner, inner * columns].entries())
    device.queue.writeBuffer(buffers[index]!, 0, normals(count));
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const once = () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(columns / tile[1], rows / tile[0]);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return {
    run: async (times: number) => {
      for (let i = 0; i < times; i++) once();
      await device.queue.onSubmittedWorkDone();
    },
    dispose: () => {
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

function normals(count: number): Float32Array<ArrayBuffer> {
  const random = new Random(1);
  return Float32Array.from({ length: count }, () => random.normal());
}
