import type { Problem } from '../problem.ts';
import { each } from '../text.ts';
import type { LaneTile } from './rows.ts';

/** Y = addend + kept(scale · sum + bias). */
export function stores(problem: Problem, tile: LaneTile): string {
  const { limited, orientation, bias, addend } = problem;
  const cut = limited && orientation !== 'tn';
  const store = (sum: string, i: number, j: number) => {
    const shifted = `scale * ${sum}${bias ? ` + bias${j}` : ''}`;
    const kept = cut ? `keep(${shifted}, column + ${4 * j}u, outer)` : shifted;
    const added = ['', ' + addend[at]', ' + y[at]'][addend];
    return `if (row + ${i}u < bounds.x && column + ${4 * j}u < bounds.y) { let at = base + ${j}u; y[at] = ${kept}${added}; }`;
  };
  return `
  let scale = shape.scale;
  let bounds = vec2u(shape.end_row, shape.end_column);
  ${bias ? each(tile.columns / 4, biasOf) : ''}
  ${each(
    tile.rows,
    (i) => `{
    let base = ((row + ${i}u) * columns + column) / 4u;
    ${cut ? `let outer = select(outer_ends.x, outer_ends.y, row + ${i}u >= next);` : ''}
    ${each(tile.columns / 4, (j) => store(`a${i}_${j}`, i, j))}
  }`,
  )}`;
}

const biasOf = (j: number) =>
  `let bias${j} = vec4f(${each(4, (c) => `bias(column + ${4 * j + c}u)`, ', ')});`;
