import type { Problem } from '../problem.ts';
import { each } from '../text.ts';
import { parts, type LaneTile } from './rows.ts';

/** Tokens that a lane loads per step, of twice as many. */
const tokens = 4;
/** Tokens of a step. */
export const step = 2 * tokens;

/** Summed over tokens, both read across: sequence by sequence, since limits are a sequence's. */
export function sumTn({ limited }: Problem, { rows, columns }: LaneTile): string {
  const [down, across] = [rows / 4, columns / 4];
  const inside = (t: number, i: number) =>
    limited ? `vec4<bool>(t${t} < end) & kept_row${i}` : `t${t} < end`;
  const w = (t: number, j: number) => {
    const load = `weight4(real${t} * (columns / 4u) + f${j}, Cell())`;
    return limited ? `select(vec4f(), ${load}, kept_column${j})` : load;
  };
  const load = (t: number) => `
      let t${t} = token + ${2 * t}u + own;
      let real${t} = min(t${t}, inner - 1u);
      ${each(down, (i) => `let u${t}_${i} = select(vec4f(), x[real${t} * (rows / 4u) + g${i}], ${inside(t, i)}); let U${t}_${i} = quadSwapX(u${t}_${i});`)}
      ${each(across, (j) => `let v${t}_${j} = ${w(t, j)}; let V${t}_${j} = quadSwapY(v${t}_${j});`)}`;
  return `
  ${each(down, (i) => `let g${i} = min(row / 4u + ${i}u, rows / 4u - 1u);`)}
  ${each(across, (j) => `let f${j} = min(column / 4u + ${j}u, columns / 4u - 1u);`)}
  ${limited ? sequencesTn(down, across) : 'let end = inner; var token = 0u; {'}
    for (; token < end; token += ${step}u) {
      ${each(tokens, load)}
      ${each(rows, (i) => each(across, (j) => add(i, j), ' '))}
    }
  }`;
}

/** Begins a loop over sequences, which knows what their limits keep. */
const sequencesTn = (down: number, across: number) => `
  let length = shape.rows_per_sequence;
  for (var begin = 0u; begin < inner; begin += length) {
    let kept = vec2u(ends_of(shape.inner_limit, begin / length, rows).x, ends_of(shape.outer_limit, begin / length, columns).x);
    ${each(down, (i) => `let kept_row${i} = vec4u(0u, 1u, 2u, 3u) + row + ${4 * i}u < vec4u(kept.x);`)}
    ${each(across, (j) => `let kept_column${j} = vec4u(0u, 1u, 2u, 3u) + column + ${4 * j}u < vec4u(kept.y);`)}
    let end = select(begin, min(begin + length, inner), all(corner < kept));
    var token = begin;`;

const add = (i: number, j: number) => {
  const of = (t: number) => {
    const four = `${t}_${i >> 2}.${parts[i & 3]}`;
    return `u${four} * v${t}_${j} + U${four} * V${t}_${j}`;
  };
  return `a${i}_${j} += ${each(tokens, of, ' + ')};`;
};
