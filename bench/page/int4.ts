import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import { bytesOf, type DType, type TensorSpec } from '../../src/graph/tensor.ts';
import { gridSpec } from '../../src/kernels/int4.ts';
import { matmul } from '../../src/kernels/ops.ts';
import { Random } from '../../src/lib/random.ts';
import type { Row } from '../protocol.ts';
import type { MatmulShape } from '../matmul.ts';
import type { Section } from '../section.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from './timing.ts';

/** Milliseconds of one measurement, about. */
const portion = 100;

/** One token that is decoded, and a batch. */
const shapes: readonly MatmulShape[] = [
  [1, 512, 512],
  [256, 512, 512],
];

interface Kind {
  readonly label: string;
  readonly dtype: DType;
  /** Inputs of a group of INT4 codes. */
  readonly group: number | null;
}

const kinds: readonly Kind[] = [
  { label: 'f16', dtype: 'f16', group: null },
  { label: 'f32', dtype: 'f32', group: null },
  ...[32, 64, 128].map((group): Kind => ({ label: `INT4, groups of ${group}`, dtype: 'i4', group })),
];

interface Prepared {
  /** Milliseconds of so many products, waited for once. */
  readonly run: (times: number) => Promise<number>;
  readonly repeats: number;
  readonly bytes: number;
  readonly dispose: () => void;
}

/** The matmul of a linear module with its weight in each of the dtypes, turn by turn. */
export const section: Section = {
  title: 'Weights in 4, 16 and 32 bits',
  async measure({ backend, rounds }) {
    const measured: Row[] = [];
    for (const shape of shapes) measured.push(...(await measureShape(backend, shape, rounds)));
    return measured;
  },
};

async function measureShape(backend: Backend, shape: MatmulShape, rounds: number): Promise<Row[]> {
  const [rows, inner, columns] = shape;
  const prepared: Prepared[] = [];
  for (const kind of kinds) prepared.push(await prepare(backend, shape, kind));
  const flop = 2 * rows * inner * columns;
  const rates = await interleaved(
    prepared.map(
      ({ run, repeats }) =>
        async () =>
          (flop * repeats) / (await run(repeats)) / 1e6,
    ),
    rounds,
  );
  for (const { dispose } of prepared) dispose();
  const group = `${shape.join(' × ')} (rows × inner × columns)`;
  return kinds.flatMap(({ label }, index): Row[] => [
    {
      group,
      label,
      unit: 'GFLOP/s',
      value: spreadOf(rates[index]!),
      note: `${(prepared[index]!.bytes / 1024).toFixed(0)} KiB of weights`,
    },
    ...(index === 0
      ? []
      : [{ group, label: `${label}, over f16`, unit: '×', value: ratioOf(rates[index]!, rates[0]!) }]),
  ]);
}

async function prepare(
  backend: Backend,
  [rows, inner, columns]: MatmulShape,
  { dtype, group }: Kind,
): Promise<Prepared> {
  const graph = new Graph();
  const store = backend.createStore();
  const random = new Random(1);
  const hold = (name: string, spec: TensorSpec, data: (bytes: number) => ArrayBufferView<ArrayBuffer>) => {
    store.allocate(name, spec);
    store.write(name, data(bytesOf(spec)));
    return graph.stored(name, spec.dtype, spec.shape);
  };
  const numbers = (bytes: number) => Float32Array.from({ length: bytes / 4 }, () => random.normal());
  const weight: TensorSpec = { dtype, shape: [columns, inner] };
  const x = hold('x', { dtype: 'f32', shape: [rows, inner] }, numbers);
  // Any bits are codes; halves stay clear of infinities.
  const w = hold('w', weight, dtype === 'f32' ? numbers : (bytes) => randomBytes(random, bytes, dtype));
  const grid = group ? hold('grid', gridSpec(weight.shape, group), cells) : null;
  const attributes = {
    orientation: 'nt',
    scale: 1,
    innerLimit: null,
    outerLimit: null,
    rowsPerSequence: rows,
  } as const;
  graph.output('y', graph.apply(matmul, [x, w, null, null, null, null, grid], attributes)[0]!);
  const program = await backend.compile(graph, store);
  const run = (times: number) =>
    elapsed(async () => {
      for (let i = 0; i < times; i++) program.run();
      await backend.idle();
    });
  await run(1);
  return {
    run,
    repeats: repetitions((await run(4)) / 4, portion, 500),
    bytes: bytesOf(weight) + (grid ? bytesOf(grid) : 0),
    dispose: () => {
      program.dispose();
      store.dispose();
    },
  };
}

function randomBytes(random: Random, bytes: number, dtype: DType): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes }, (_, i) => {
    const byte = random.integer(256);
    return dtype === 'f16' && i % 2 === 1 ? byte & 0x3f : byte;
  });
}

/** Scales and zero points. */
function cells(bytes: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: bytes / 4 }, (_, i) => (i % 2 === 0 ? 0.1 : 8));
}
