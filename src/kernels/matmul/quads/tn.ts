import type { Problem } from '../problem.ts';
import { each } from '../text.ts';
import { parts, type LaneTile } from './rows.ts';

/** Tokens that a lane loads per step, of twice as many. */
const tokens = 4;
/** Tokens of a step. */
export const step = 2 * tokens;

/** Whether all sequences are whole steps. */
const even = ({ limited, inner, rowsPerSequence }: Problem) =>
  inner % step === 0 && (!limited || rowsPerSequence % step === 0);

/** Summed over tokens, both read across: sequence by sequence, since limits are a sequence's. */
export function sumTn(problem: Problem, { rows, columns }: LaneTile): string {
  const { limited } = problem;
  const [down, across] = [rows / 4, columns / 4];
  const inside = (t: number, i: number) =>
    [...(even(problem) ? [] : [`vec4<bool>(t${t} < end)`]), ...(limited ? [`kept_row${i}`] : [])].join(' & ');
  const x = (t: number, i: number) => kept(`x[x${t} + g${i}]`, inside(t, i));
  const w = (t: number, j: number) =>
    kept(`weight4(w${t} + f${j}, Cell())`, limited ? `kept_column${j}` : '');
  const load = (t: number) => `
      let t${t} = token + ${2 * t}u + own;
      ${startsOf(problem, t)}
      ${each(down, (i) => `let u${t}_${i} = ${x(t, i)}; let U${t}_${i} = quadSwapX(u${t}_${i});`)}
      ${each(across, (j) => `let v${t}_${j} = ${w(t, j)}; let V${t}_${j} = quadSwapY(v${t}_${j});`)}`;
  return `
  ${each(down, (i) => `let g${i} = min(row / 4u + ${i}u, rows / 4u - 1u);`)}
  ${each(across, (j) => `let f${j} = min(column / 4u + ${j}u, columns / 4u - 1u);`)}
  let x_stride = rows / 4u;
  let w_stride = columns / 4u;
  ${limited ? sequencesTn(down, across) : 'let end = inner; var token = 0u; {'}
    for (; token < end; token += ${step}u) {
      ${each(tokens, load)}
      ${each(rows, (i) => each(across, (j) => add(i, j), ' '))}
    }
  }`;
}

const kept = (load: string, where: string) => (where ? `select(vec4f(), ${load}, ${where})` : load);

/** Where a token's rows begin; beyond the last token, where its rows do. */
function startsOf(problem: Problem, t: number): string {
  if (!even(problem))
    return `let real${t} = min(t${t}, inner - 1u); let x${t} = real${t} * x_stride; let w${t} = real${t} * w_stride;`;
  if (t === 0) return 'let x0 = t0 * x_stride; let w0 = t0 * w_stride;';
  return `let x${t} = x${t - 1} + 2u * x_stride; let w${t} = w${t - 1} + 2u * w_stride;`;
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

/** Number by number: chains of one number stay in a register. */
const add = (i: number, j: number) => {
  const chain = (of: string) =>
    each(
      tokens,
      (t) => {
        const four = `${t}_${i >> 2}.${parts[i & 3]}`;
        return `(u${four} * v${t}_${j}.${of} + U${four} * V${t}_${j}.${of})`;
      },
      ' + ',
    );
  return `a${i}_${j} += vec4f(${parts.map(chain).join(', ')});`;
};
