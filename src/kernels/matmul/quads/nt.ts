import type { Problem } from '../problem.ts';
import { each } from '../text.ts';
import { parts, rowLimits, rowsOfX, rowStarts, type LaneTile } from './rows.ts';

/** Both read along their rows: a lane loads four inner steps of each of its rows and columns. */
export function sumNt(problem: Problem, tile: LaneTile): string {
  const { columns } = tile;
  const cells = problem.gridShift !== null;
  const mask = (j: number) => (problem.masked ? ` * mask4(min(column + ${j}u, columns - 1u), at)` : '');
  return `
  ${rowStarts(tile)}
  let stride = shape.w_row / 4u;
  ${each(columns, (j) => `let c${j} = min(column + ${j}u, columns - 1u) * stride + own;`)}
  ${rowLimits(problem, tile)}
  let steps = (stop + 3u) / 4u;
  ${cells ? spansNt(columns) : 'let end = steps; var k = 0u; {'}
    for (; k < end; k += 2u) {
      let at = (k + own) * 4u;
      ${each(columns, (j) => `let w${j} = weight4(c${j} + k, ${cells ? `cell${j}` : 'Cell()'})${mask(j)}; let W${j} = quadSwapY(w${j});`)}
      ${rowsOfX(problem, tile, (i) => each(columns / 4, (j) => four(i, j), ' '))}
    }
  }`;
}

/** Begins a loop over the cells of INT4 codes, each of two steps or more. */
const spansNt = (columns: number) => `
  for (var begin = 0u; begin < steps; begin += cell_steps()) {
    ${each(columns, (j) => `let cell${j} = cell_at(min(column + ${j}u, columns - 1u), begin * 4u);`)}
    let end = min(begin + cell_steps(), steps);
    var k = begin;`;

const dot = (i: number, j: number) =>
  parts.map((c) => `(u${i}.${c} * w${j}.${c} + U${i}.${c} * W${j}.${c})`).join(' + ');

const four = (i: number, j: number) => `a${i}_${j} += vec4f(${each(4, (c) => dot(i, 4 * j + c), ', ')});`;
