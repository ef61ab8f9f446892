import { jit, nn, numpy as np, tree, valueAndGrad, type Array as JaxArray } from '@jax-js/jax';
import type { StepModel } from './step-model.ts';

export type Arrays = Record<string, JaxArray>;

/** Losses of one step and all that it changes. */
export type Changed = [adapters: Arrays, first: Arrays, second: Arrays, loss: JaxArray];

const targets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;

/**
 * The training step of a Llama with LoRA on its linear modules, in jax-js as one would write it: forward, gradients of
 * the adapters, clipping by the global norm, Adam, all under one `jit`. Every use of an array but the last is a `.ref`.
 */
export function jaxStep(model: StepModel) {
  const gradient = valueAndGrad((adapters: Arrays, frozen: Arrays) => lossOf(model, adapters, frozen));
  return jit((adapters: Arrays, first: Arrays, second: Arrays, frozen: Arrays, hyper: JaxArray): Changed => {
    const [loss, gradients] = gradient(tree.ref(adapters), frozen);
    const scale = clipScale(gradients, model.clip);
    const changed: [Arrays, Arrays, Arrays] = [{}, {}, {}];
    for (const name of Object.keys(adapters)) {
      const updated = adam(
        adapters[name]!,
        first[name]!,
        second[name]!,
        gradients[name]!.mul(scale.ref),
        hyper,
      );
      updated.forEach((array, index) => (changed[index]![name] = array));
    }
    scale.dispose();
    hyper.dispose();
    return [...changed, loss];
  });
}

function clipScale(gradients: Arrays, clip: number): JaxArray {
  const squares = Object.values(gradients).map((gradient) => np.square(gradient.ref).sum());
  const length = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  return np.minimum(1, np.trueDivide(clip, length.add(1e-6)));
}

/** hyper: learning rate, and 1 − β₁ᵗ and 1 − β₂ᵗ of this step. */
function adam(
  value: JaxArray,
  first: JaxArray,
  second: JaxArray,
  gradient: JaxArray,
  hyper: JaxArray,
): JaxArray[] {
  const [rate, correction1, correction2] = [0, 1, 2].map((index) => hyper.ref.slice(index)) as [
    JaxArray,
    JaxArray,
    JaxArray,
  ];
  const m = first.mul(0.9).add(gradient.ref.mul(0.1));
  const v = second.mul(0.999).add(np.square(gradient).mul(0.001));
  const step = m.ref.div(correction1).div(np.sqrt(v.ref.div(correction2)).add(1e-8));
  return [value.sub(step.mul(rate)), m, v];
}

function lossOf(model: StepModel, adapters: Arrays, frozen: Arrays): JaxArray {
  const { layers, length, vocabSize } = model;
  let x = np.take(frozen['embedding']!.ref, frozen['ids']!.ref, 0);
  for (let layer = 0; layer < layers; layer++) x = block(model, layer, x, adapters, frozen);
  const scored = norm(x, frozen['norm']!.ref, model.epsilon).slice([], [0, length - 1]);
  const logits = np.matmul(scored, np.transpose(frozen['embedding']!.ref));
  const right = nn.oneHot(frozen['targets']!.ref, vocabSize);
  const loss = nn.logSoftmax(logits, -1).mul(right).sum(-1).mean().neg();
  tree.dispose(adapters);
  tree.dispose(frozen);
  return loss;
}

function block(model: StepModel, layer: number, x: JaxArray, adapters: Arrays, frozen: Arrays): JaxArray {
  const { batch, length, heads, kvHeads, headDim, epsilon } = model;
  const linear = (role: (typeof targets)[number], input: JaxArray) =>
    adapted(`${layer}.${role}`, input, adapters, frozen, model.scale);
  const split = (y: JaxArray, count: number) => y.reshape([batch, length, count, headDim]);
  const normed = norm(x.ref, frozen[`${layer}.norm1`]!.ref, epsilon);
  const q = rotate(split(linear('q', normed.ref), heads), frozen, headDim);
  const k = rotate(split(linear('k', normed.ref), kvHeads), frozen, headDim);
  const v = split(linear('v', normed), kvHeads);
  const mixed = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([batch, length, heads * headDim]);
  const attended = x.add(linear('o', mixed));
  const input = norm(attended.ref, frozen[`${layer}.norm2`]!.ref, epsilon);
  const active = nn.silu(linear('gate', input.ref)).mul(linear('up', input));
  return attended.add(linear('down', active));
}

/** x·W + s·(x·A)·B, with W [in, out], A [in, r], B [r, out]. */
function adapted(name: string, x: JaxArray, adapters: Arrays, frozen: Arrays, scale: number): JaxArray {
  const base = np.matmul(x.ref, frozen[name]!.ref);
  const low = np.matmul(x, adapters[`${name}.A`]!.ref);
  return base.add(np.matmul(low, adapters[`${name}.B`]!.ref).mul(scale));
}

function norm(x: JaxArray, weight: JaxArray, epsilon: number): JaxArray {
  const square = np.square(x.ref).mean(-1, { keepdims: true });
  return x.div(np.sqrt(square.add(epsilon))).mul(weight);
}

/** Rotary positions; the tables are [length, 1, headDim / 2]. */
function rotate(x: JaxArray, frozen: Arrays, headDim: number): JaxArray {
  const half = headDim / 2;
  const [a, b] = [x.ref.slice([], [], [], [0, half]), x.slice([], [], [], [half, headDim])];
  const [cos, sin] = [frozen['cos']!, frozen['sin']!];
  const left = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref));
  return np.concatenate([left, b.mul(cos.ref).add(a.mul(sin.ref))], -1);
}
