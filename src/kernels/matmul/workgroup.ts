import fours from '../../../shaders/matmul_fours.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import type { DeviceTraits } from '../../graph/op.ts';
import { biasCode, weights } from '../weights.ts';
import { maskCode } from './masks.ts';
import type { Problem, Variant } from './problem.ts';
import { stores, sums } from './stores.ts';
import { each } from './text.ts';

/** 8 × 8 of them. */
const threads = 64;
/** Of workgroup memory: four numbers a thread and row, of X and of W. */
const bytes = 2 * threads * 4 * 16;

/**
 * 64 threads make a square of Y, each 4 × 4 or 8 × 8 of it. Step by step they put a slice of X and one of W into
 * workgroup memory, inner index first, a block of 4 × 4 a thread; then each reads from there what it needs. Weights are
 * decoded, and limits and masks applied, on the way in: once for all threads.
 *
 * For real GPUs. A square of 64 takes 32 multiply–adds per number that comes from memory (8 per byte of f32), and 16 per
 * vec4 from workgroup memory, which brings it from the bandwidth's side of the roofline to the arithmetic's; some 90
 * registers a thread and 8 KiB a workgroup leave room for several workgroups a core. A square of 32 takes half as many per
 * number, and gives a small Y four times the workgroups. Software adapters emulate workgroup memory: never the default there.
 */
const workgroup = (side: 32 | 64): Variant => ({
  name: `workgroup-${side}`,
  fits: ({ fours: byFour, columns }, { workgroupBytes, workgroupThreads }: DeviceTraits) =>
    byFour && columns % 4 === 0 && workgroupBytes >= bytes && workgroupThreads >= threads,
  kernel: (problem) => ({
    code: [
      shape,
      biasCode(problem.bias),
      fours,
      ...weights(problem.dtype),
      maskCode(problem),
      kernelText(problem, squareOf(side)),
    ],
    workgroups: (m, n) => [Math.ceil(n / side), Math.ceil(m / side), 1],
  }),
});

export const workgroup64 = workgroup(64);
export const workgroup32 = workgroup(32);

/** A square of Y and the slices that it is made of. */
interface Square {
  /** Numbers along a side. */
  readonly side: 32 | 64;
  /** Vec4s along a side. */
  readonly width: number;
  /** Vec4s of a thread along a side. */
  readonly each: number;
  /** Inner steps of a slice. */
  readonly depth: number;
}

const squareOf = (side: 32 | 64): Square => ({
  side,
  width: side / 4,
  each: side / 32,
  depth: (threads * 16) / side,
});

const parts = ['x', 'y', 'z', 'w'] as const;

function kernelText(problem: Problem, square: Square): string {
  const { side, width, depth } = square;
  const { orientation, limited } = problem;
  const cut = limited && orientation !== 'tn';
  return `
var<workgroup> xs: array<vec4f, ${threads * 4}>;
var<workgroup> ws: array<vec4f, ${threads * 4}>;
${cut ? 'var<workgroup> longest: atomic<u32>;\nvar<workgroup> bound: u32;' : ''}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // Bindings that a kernel may do without are still part of its layout.
  _ = &addend; _ = &b; _ = &limits; ${problem.masked ? '_ = &mask;' : ''}
  let rows = shape.rows;
  let columns = shape.columns;
  let inner = shape.inner;
  let corner = vec2u(shape.first_row, shape.first_column) + group.yx * ${side}u;
  // This thread's block of a slice: along a side, and along the inner index, whichever is read along its rows.
  let along = vec2u(thread / ${depth / 4}u, thread % ${depth / 4}u);
  let across = vec2u(thread % ${width}u, thread / ${width}u);
  ${orientation === 'tn' ? 'let stop = inner;' : rowsOfX(problem, side)}
  ${sums(4 * square.each, square.each)}
  let own = vec2u(thread / 8u, thread % 8u);
  for (var begin = 0u; begin < stop; begin += ${depth}u) {
    {
      ${orientation === 'tn' ? tokensOfX(problem, width) : blockOfX(width)}
      ${orientation === 'nt' ? rowsOfW(width) : columnsOfW(problem, width)}
    }
    workgroupBarrier();
    let depth = min(${depth}u, stop - begin);
    for (var k = 0u; k < depth; k++) {
      ${each(square.each, (i) => `let p${i} = xs[k * ${width}u + own.x + ${8 * i}u]; let q${i} = ws[k * ${width}u + own.y + ${8 * i}u];`)}
      ${each(4 * square.each, (i) => each(square.each, (j) => `a${i}_${j} += p${i >> 2}.${parts[i & 3]} * q${j};`, ' '))}
    }
    workgroupBarrier();
  }
  ${stores(problem, {
    rows: 4 * square.each,
    fours: square.each,
    row: (i) => `corner.x + own.x * 4u + ${(i >> 2) * 32 + (i & 3)}u`,
    column: (j) => `corner.y + own.y * 4u + ${j * 32}u`,
    outer: cut ? () => 'active_columns(shape.outer_limit, min(to, rows - 1u), columns)' : null,
    kept: (value, j) => (cut ? `keep(${value}, to${j}, outer)` : value),
  })}
}`;
}

/** The rows of X that a thread reads, where each ends, and where the last of all ends: the same for all threads. */
function rowsOfX({ limited }: Problem, side: number): string {
  const row = (i: number) =>
    `let row${i} = min(corner.x + along.x * 4u + ${i}u, rows - 1u);
  let end${i} = ${limited ? `active_columns(shape.inner_limit, row${i}, inner)` : 'inner'};`;
  if (!limited) return `${each(4, row)}\n  let stop = inner;`;
  return `${each(4, row)}
  if (thread < ${side}u) {
    let row = min(corner.x + thread, rows - 1u);
    let end = active_columns(shape.inner_limit, row, inner);
    atomicMax(&longest, select(0u, end, corner.y < active_columns(shape.outer_limit, row, columns)));
  }
  workgroupBarrier();
  if (thread == 0u) { bound = atomicLoad(&longest); }
  let stop = workgroupUniformLoad(&bound);`;
}

/** Four rows of four numbers, turned, into the slice. */
const turned = (slice: string, name: string, width: number) =>
  each(
    4,
    (c) =>
      `${slice}[(along.y * 4u + ${c}u) * ${width}u + along.x] = vec4f(${each(4, (i) => `${name}${i}.${parts[c]}`, ', ')});`,
  );

const blockOfX = (width: number) => `
      let at = begin + along.y * 4u;
      ${each(4, (i) => `let u${i} = keep(x[(row${i} * inner + at) / 4u], at, end${i});`)}
      ${turned('xs', 'u', width)}`;

const rowsOfW = (width: number) => `
      ${each(
        4,
        (i) => `let column${i} = min(corner.y + along.x * 4u + ${i}u, columns - 1u);
      let w${i} = weight4((column${i} * shape.w_row + at) / 4u, cell_at(column${i}, at)) * mask4(column${i}, at);`,
      )}
      ${turned('ws', 'w', width)}`;

/** Rows of W, one for each of four inner steps, where columns lie side by side. */
function columnsOfW({ limited, orientation }: Problem, width: number): string {
  const tn = orientation === 'tn';
  const line = (i: number) => {
    const load = `weight4((k${i} * shape.w_row + column) / 4u, cell_at(k${i}, column)) * mask4(k${i}, column)`;
    const kept =
      tn && limited ? `keep(${load}, column, active_columns(shape.outer_limit, k${i}, columns))` : load;
    return `let k${i} = min(begin + across.y * 4u + ${i}u, inner - 1u); ws[(across.y * 4u + ${i}u) * ${width}u + across.x] = ${kept};`;
  };
  return `
      let column = min(corner.y + across.x * 4u, columns - 4u);
      ${each(4, line)}`;
}

/** Rows of X, one for each of four tokens. */
function tokensOfX({ limited }: Problem, width: number): string {
  const line = (i: number) => {
    const load = `x[(min(t${i}, inner - 1u) * rows + row) / 4u]`;
    const end = limited ? `active_columns(shape.inner_limit, min(t${i}, inner - 1u), rows)` : 'rows';
    return `let t${i} = begin + across.y * 4u + ${i}u; xs[(across.y * 4u + ${i}u) * ${width}u + across.x] = keep(${load}, row, select(0u, ${end}, t${i} < inner));`;
  };
  return `
      let row = min(corner.x + across.x * 4u, rows - 4u);
      ${each(4, line)}`;
}
