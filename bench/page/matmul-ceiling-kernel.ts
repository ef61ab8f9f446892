/** The same loads and multiply–adds as a kernel of ours, and nothing else. */
export interface CeilingKernel {
  readonly label: string;
  /** Of Y, that one workgroup takes. */
  readonly tile: readonly [rows: number, columns: number];
  readonly code: string;
}

/** Sizes of the operands: rows and columns are multiples of a tile's, inner of 8. */
export interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

const parts = ['x', 'y', 'z', 'w'] as const;

const each = (count: number, line: (index: number) => string, separator = '\n') =>
  Array.from({ length: count }, (_, index) => line(index)).join(separator);

const dot = (a: string, b: string) => parts.map((c) => `${a}.${c} * ${b}.${c}`).join(' + ');

/** Sums of `rows` × 4·`fours` products; what they are made of is in `u`, `w` and, where lanes swap, `U`, `W`. */
function products(rows: number, fours: number, swapped: boolean): string {
  const one = (i: number, j: number) =>
    swapped ? `${dot(`u${i}`, `w${j}`)} + ${dot(`U${i}`, `W${j}`)}` : dot(`u${i}`, `w${j}`);
  return each(rows, (i) =>
    each(fours, (j) => `a${i}_${j} += vec4f(${each(4, (c) => one(i, 4 * j + c), ', ')});`),
  );
}

const sums = (rows: number, fours: number) =>
  each(rows, (i) => each(fours, (j) => `var a${i}_${j} = vec4f();`, ' '));

/** All sums in one number: what is not used is not computed. */
const total = (rows: number, fours: number) =>
  each(rows, (i) => each(fours, (j) => `a${i}_${j}`, ' + '), ' + ');

const bindings = `
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;`;

/** As `quads` (kernels/matmul/quads.ts): 8 × 8 a lane, half of the loads each, the rest by swaps. */
export function quadCeiling({ inner, columns }: Sizes): CeilingKernel {
  const stride = inner / 4;
  return {
    label: 'quads',
    tile: [16, 16],
    code: `enable subgroups;
diagnostic(off, subgroup_uniformity);
${bindings}
@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let own = (lane >> 1u) ^ (lane & 1u);
  let row = (group.y * 16u + (lane >> 1u) * 8u) * ${stride}u + own;
  let column = (group.x * 16u + (lane & 1u) * 8u) * ${stride}u + own;
  ${sums(8, 2)}
  for (var k = 0u; k < ${stride}u; k += 2u) {
    ${each(8, (j) => `let w${j} = w[column + ${j * stride}u + k]; let W${j} = quadSwapY(w${j});`)}
    ${each(8, (i) => `let u${i} = x[row + ${i * stride}u + k]; let U${i} = quadSwapX(u${i});`)}
    ${products(8, 2, true)}
  }
  y[(group.y * ${columns / 16}u + group.x) * 4u + lane] = ${total(8, 2)};
}`,
  };
}

/** As `tiles` (kernels/matmul/tiles.ts): 4 × 4 a thread, all loads its own. */
export function tileCeiling({ inner, columns }: Sizes): CeilingKernel {
  const stride = inner / 4;
  return {
    label: 'tiles',
    tile: [32, 32],
    code: `${bindings}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * ${4 * stride}u;
  let column = id.x * ${4 * stride}u;
  ${sums(4, 1)}
  for (var k = 0u; k < ${stride}u; k++) {
    ${each(4, (j) => `let w${j} = w[column + ${j * stride}u + k];`)}
    ${each(4, (i) => `let u${i} = x[row + ${i * stride}u + k];`)}
    ${products(4, 1, false)}
  }
  y[id.y * ${columns / 4}u + id.x] = ${total(4, 1)};
}`,
  };
}
