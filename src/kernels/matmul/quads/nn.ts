import type { Problem } from '../problem.ts';
import { each } from '../text.ts';
import { parts, rowLimits, rowsOfX, rowStarts, type LaneTile } from './rows.ts';

/** W read across: a lane loads of four inner steps the rows of W, and four inner steps of its rows of X. */
export function sumNn(problem: Problem, tile: LaneTile): string {
  const fours = tile.columns / 4;
  const mask = (t: number, j: number) => (problem.masked ? ` * mask4(at + ${t}u, f${j} * 4u)` : '');
  const load = (t: number, j: number) => {
    const name = `${t}_${j}`;
    const cell = `cell${t}_${Math.floor(j / 2)}`;
    return `let w${name} = weight4(base${t} + f${j}, ${cell})${mask(t, j)}; let W${name} = quadSwapY(w${name});`;
  };
  // A cell is of eight columns at least, and columns of a lane begin at a multiple of four.
  const cells = (t: number) =>
    each(Math.ceil(fours / 2), (j) => `let cell${t}_${j} = cell_at(at + ${t}u, f${2 * j} * 4u);`, ' ');
  return `
  ${rowStarts(tile)}
  let stride = shape.w_row / 4u;
  ${each(fours, (j) => `let f${j} = min(column / 4u + ${j}u, columns / 4u - 1u);`)}
  ${rowLimits(problem, tile)}
  let steps = (stop + 3u) / 4u;
  for (var k = 0u; k < steps; k += 2u) {
    let at = (k + own) * 4u;
    let base0 = at * stride; let base1 = base0 + stride; let base2 = base1 + stride; let base3 = base2 + stride;
    ${each(4, (t) => `${cells(t)} ${each(fours, (j) => load(t, j), ' ')}`)}
    ${rowsOfX(problem, tile, (i) => each(fours, (j) => add(i, j), ' '))}
  }`;
}

/** Number by number: chains of one number stay in a register. */
const add = (i: number, j: number) => {
  const chain = (of: string) =>
    parts.map((c, t) => `(u${i}.${c} * w${t}_${j}.${of} + U${i}.${c} * W${t}_${j}.${of})`).join(' + ');
  return `a${i}_${j} += vec4f(${parts.map(chain).join(', ')});`;
};
