import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import fours from '../../../shaders/matmul_fours.wgsl?raw';
import type { DeviceTraits } from '../../graph/op.ts';
import { subgroupDirectives } from '../dispatch.ts';
import { biasCode, weights } from '../weights.ts';
import type { Kernel, Problem, Variant } from './problem.ts';
import { sumNn } from './quads/nn.ts';
import { sumNt } from './quads/nt.ts';
import { alike, type LaneTile } from './quads/rows.ts';
import { step, sumTn } from './quads/tn.ts';
import { stores, sums, type Places } from './stores.ts';
import { each } from './text.ts';

/**
 * Subgroups of four lanes, two by two: a lane makes 8 × 8 of Y, a subgroup 16 × 16. Lanes side by side need the same
 * rows of X, lanes one above the other the same rows of W: each loads half of them, of alternating inner steps, and
 * swaps. Lane (p, q) takes step p ⊕ q first, so that what it holds of X and of W always belongs to the same step, and
 * what both neighbours hold to the other one. For SwiftShader, whose subgroups are of four: a load costs as much as some
 * ten multiply–adds there whatever its pattern, a swap one shuffle; a broadcast three times that.
 *
 * Per 8 inner steps: 64 loads of f32 (48 of 16-bit weights, 40 of INT4), 64 swaps, 512 multiply–adds a lane. What
 * costs loads (bias, addend) is left out of the text where it is not needed, since branches that are not taken are
 * executed there too, with all lanes off. Limits and a ragged inner sum are always in where the rows of a lane end alike:
 * one mask a step, and one pipeline for all of them.
 *
 * On a real GPU this would be 8 multiply–adds a load from caches, without workgroup memory: correct, not fast.
 */
export const quads: Variant = {
  name: 'quads',
  fits: (problem, { subgroup }: DeviceTraits) =>
    subgroup === 4 && problem.fours && problem.columns % 4 === 0 && limitsFit(problem),
  kernel(problem): Kernel {
    const tile = tileOf(problem);
    const [rows, columns] = [2 * tile.rows, 2 * tile.columns];
    return {
      code: [
        shape,
        biasCode(problem.bias),
        fours,
        ...weights(problem.dtype),
        ...(problem.masked ? [maskBits] : []),
        kernelText(problem, tile),
      ],
      directives: subgroupDirectives,
      workgroups: (m, n) => [Math.ceil(n / columns), Math.ceil(m / (rows * stackOf(problem))), 1],
    };
  },
};

/** Rows of a lane belong to at most two sequences; a step of tokens to one. */
const limitsFit = (problem: Problem) =>
  !problem.limited || problem.rowsPerSequence >= (problem.orientation === 'tn' ? step : tileOf(problem).rows);

/** 64 sums a lane: square, or for the sides of an adapter, which have but a few rows or columns. */
function tileOf({ rows, columns }: Problem): LaneTile {
  if (columns <= 8) return { rows: 16, columns: 4 };
  if (rows <= 8) return { rows: 4, columns: 16 };
  return { rows: 8, columns: 8 };
}

/** Tiles of a workgroup, one below the other: beginning a workgroup costs something, but weight gradients have few tiles. */
const stackOf = ({ orientation }: Problem) => (orientation === 'tn' ? 1 : 4);

function kernelText(problem: Problem, tile: LaneTile): string {
  const places = placesOf(problem, tile);
  const sum = { nt: sumNt, nn: sumNn, tn: sumTn }[problem.orientation];
  return `
@compute @workgroup_size(4, ${stackOf(problem)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  // Bindings that a kernel may do without are still part of its layout.
  _ = &addend; _ = &b; _ = &limits; ${problem.masked ? '_ = &mask;' : ''}
  let lane = local.x;
  let own = (lane >> 1u) ^ (lane & 1u);
  let rows = shape.rows;
  let columns = shape.columns;
  let inner = shape.inner;
  let corner = vec2u(shape.first_row + (group.y * ${stackOf(problem)}u + local.y) * ${2 * tile.rows}u, shape.first_column + group.x * ${2 * tile.columns}u);
  if (corner.x >= shape.end_row) { return; }
  let row = corner.x + (lane >> 1u) * ${tile.rows}u;
  let column = corner.y + (lane & 1u) * ${tile.columns}u;
  ${sums(tile.rows, tile.columns / 4)}
  ${sum(problem, tile)}
  ${places.before}
  ${stores(problem, places)}
}`;
}

function placesOf(problem: Problem, tile: LaneTile): Places & { before: string } {
  const across = tile.columns / 4;
  const common = {
    rows: tile.rows,
    fours: across,
    row: (i: number) => `row + ${i}u`,
    column: (j: number) => `column + ${4 * j}u`,
    outer: null,
    before: '',
  };
  if (problem.orientation === 'tn') return { ...common, kept: (value) => value };
  if (!alike(problem, tile)) {
    return { ...common, outer: outerOf, kept: (value, j) => `keep(${value}, to${j}, outer)` };
  }
  const before = each(across, (j) => `let active${j} = before(column + ${4 * j}u, outer_end);`);
  return { ...common, before, kept: (value, j) => `only(${value}, active${j})` };
}

const outerOf = (i: number) => `select(outer_ends.x, outer_ends.y, row + ${i}u >= next)`;
