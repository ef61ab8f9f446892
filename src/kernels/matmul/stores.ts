import type { Problem } from './problem.ts';
import { each } from './text.ts';

/** Where a thread's sums `a0_0`, `a0_1`, …, vec4s along the columns, belong in Y: expressions of WGSL. */
export interface Places {
  readonly rows: number;
  readonly fours: number;
  readonly row: (i: number) => string;
  readonly column: (j: number) => string;
  /** Active columns of a row. */
  readonly outer: (i: number) => string;
}

/** Y = addend + kept(scale · sum + bias), for a part of Y. What is not there costs nothing. */
export function stores(problem: Problem, { rows, fours, row, column, outer }: Places): string {
  const { limited, orientation, bias, addend } = problem;
  const cut = limited && orientation !== 'tn';
  const added = ['', ' + addend[at]', ' + y[at]'][addend];
  const store = (i: number, j: number) => {
    const shifted = `scale * a${i}_${j}${bias ? ` + bias${j}` : ''}`;
    const kept = cut ? `keep(${shifted}, to${j}, outer)` : shifted;
    return `if (inside && to${j} < bounds.y) { let at = (base + to${j}) / 4u; y[at] = ${kept}${added}; }`;
  };
  return `
  let scale = shape.scale;
  let bounds = vec2u(shape.end_row, shape.end_column);
  ${each(fours, (j) => `let to${j} = ${column(j)};`, ' ')}
  ${bias ? each(fours, biasOf) : ''}
  ${each(
    rows,
    (i) => `{
    let to = ${row(i)};
    let base = to * columns;
    let inside = to < bounds.x;
    ${cut ? `let outer = ${outer(i)};` : ''}
    ${each(fours, (j) => store(i, j))}
  }`,
  )}`;
}

const biasOf = (j: number) => `let bias${j} = vec4f(${each(4, (c) => `bias(to${j} + ${c}u)`, ', ')});`;

/** The sums of `stores`. */
export const sums = (rows: number, fours: number) =>
  each(rows, (i) => each(fours, (j) => `var a${i}_${j} = vec4f();`, ' '));
