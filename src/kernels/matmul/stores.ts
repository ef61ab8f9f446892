import type { Problem } from './problem.ts';
import { each } from './text.ts';

/** Where a thread's sums `a0_0`, `a0_1`, …, vec4s along the columns, belong in Y: expressions of WGSL. */
export interface Places {
  readonly rows: number;
  readonly fours: number;
  readonly row: (i: number) => string;
  readonly column: (j: number) => string;
  /** Active columns of a row, which `kept` may call `outer`; null where it does not. */
  readonly outer: ((i: number) => string) | null;
  /** What limits leave of the four at column `to${j}`. */
  readonly kept: (value: string, j: number) => string;
}

/** Y = addend + kept(scale · sum + bias), for a part of Y. What is not there costs nothing. */
export function stores(problem: Problem, { rows, fours, row, column, outer, kept }: Places): string {
  const { bias, addend } = problem;
  const added = ['', ' + addend[at]', ' + y[at]'][addend];
  const store = (i: number, j: number) => {
    const shifted = `scale * a${i}_${j}${bias ? ` + bias${j}` : ''}`;
    return `if (inside && to${j} < bounds.y) { let at = (base + to${j}) / 4u; y[at] = ${kept(shifted, j)}${added}; }`;
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
    ${outer ? `let outer = ${outer(i)};` : ''}
    ${each(fours, (j) => store(i, j))}
  }`,
  )}`;
}

const biasOf = (j: number) => `let bias${j} = vec4f(${each(4, (c) => `bias(to${j} + ${c}u)`, ', ')});`;

/** The sums of `stores`. */
export const sums = (rows: number, fours: number) =>
  each(rows, (i) => each(fours, (j) => `var a${i}_${j} = vec4f();`, ' '));
