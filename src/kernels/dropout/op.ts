import type { Op } from '../../graph/op.ts';
import { sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/dropout.wgsl?raw';
import { f32, flatIndex, threads, u32 } from '../dispatch.ts';

export interface DropoutAttributes {
  /** Probability that an element becomes zero; the others grow by 1 / (1 − p). */
  readonly probability: number;
  /** Tells apart the modules of a step. */
  readonly stream: number;
  /** Which of the stream's elements the first one of x is, where x is a part of something; else 0. */
  readonly first?: number;
}

/** The bits that decide element `index`: a hash of (seed, step, stream, index), so both passes agree without a mask. */
export function dropoutBits(index: number, stream: number, seed: number, step: number): number {
  return scramble(scramble(scramble(index ^ Math.imul(stream, 0x9e3779b9)) ^ seed) + step);
}

function scramble(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** Inputs: x, seed u32 [2]: (seed, step). */
export const dropout: Op<DropoutAttributes> = {
  name: 'dropout',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp({ graph, node: { inputs, attributes }, gradients }) {
    return [graph.apply(dropout, [gradients[0]!, inputs[1]!], attributes)[0]!, null];
  },
  reference([x, seed], [y], { probability, stream, first: start = 0 }) {
    const threshold = Math.floor(probability * 2 ** 32);
    const [chosen, step] = seed!.data;
    x!.data.forEach((value: number, i: number) => {
      const keep = dropoutBits(start + i, stream, chosen!, step!) >= threshold;
      y!.data[i] = keep ? value / (1 - probability) : 0;
    });
  },
  dispatches({ inputs: [x, seed], outputs: [y], attributes: { probability, stream, first = 0 } }) {
    const count = sizeOf(x!.shape);
    return [
      {
        label: 'dropout',
        code: [flatIndex, code],
        uniforms: [
          u32(count),
          u32(Math.floor(probability * 2 ** 32)),
          u32(stream),
          f32(1 / (1 - probability)),
          u32(first),
        ],
        bindings: [x!, seed!, y!],
        workgroups: threads(count),
        work: count * 8,
      },
    ];
  },
};
