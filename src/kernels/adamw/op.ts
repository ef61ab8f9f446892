import type { Dispatch, Op } from '../../graph/op.ts';
import { sizeOf } from '../../graph/tensor.ts';
import update from '../../../shaders/adamw.wgsl?raw';
import squares from '../../../shaders/squares.wgsl?raw';
import clip from '../../../shaders/clip_scale.wgsl?raw';
import { elementwise, f32, threads, u32 } from '../dispatch.ts';

export interface AdamWAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * One AdamW step in place (decoupled weight decay, bias correction, as PyTorch's). Inputs: parameter, first and
 * second moment (stored), gradient, clip scale [1], hyper [4]: learning rate, 1 − β₁ᵗ, 1 − β₂ᵗ, weight decay.
 */
export const adamw: Op<AdamWAttributes> = {
  name: 'adamw',
  inPlace: [0, 1, 2],
  infer: ([p, m, v]) => [p!, m!, v!].map(({ dtype, shape }) => ({ dtype, shape })),
  reference([p, m, v, g, scale, hyper], _outputs, { beta1, beta2, epsilon }) {
    const [rate, correction1, correction2, decay] = hyper!.data;
    for (let i = 0; i < p!.data.length; i++) {
      const slope = g!.data[i]! * scale!.data[0]!;
      m!.data[i] = beta1 * m!.data[i]! + (1 - beta1) * slope;
      v!.data[i] = beta2 * v!.data[i]! + (1 - beta2) * slope * slope;
      const step = m!.data[i]! / correction1! / (Math.sqrt(v!.data[i]! / correction2!) + epsilon);
      p!.data[i] = p!.data[i]! * (1 - rate! * decay!) - rate! * step;
    }
  },
  dispatches: ({ inputs: [p, m, v, g, scale, hyper], attributes: { beta1, beta2, epsilon } }) => [
    elementwise('adamw', [update], [g!, scale!, hyper!, p!, m!, v!], {
      // 1 − β₂ in f32 would be off by 5e-5: made in double here.
      uniforms: [f32(beta1), f32(beta2), f32(epsilon), f32(1 - beta1), f32(1 - beta2)],
      workEach: 10,
    }),
  ],
};

const partials = 64;

/**
 * The factor that clips all gradients to a global L2 norm: min(1, max / (norm + 1e-6)). Inputs: the gradients.
 * Outputs: the factor [1], and scratch: 64 partial sums of squares a gradient, added in a fixed order.
 */
export const clipScale: Op<{ maximum: number }> = {
  name: 'clip-scale',
  infer: (gradients) => [
    { dtype: 'f32', shape: [1] },
    { dtype: 'f32', shape: [gradients.length * partials] },
  ],
  reference(gradients, [factor], { maximum }) {
    let total = 0;
    for (const gradient of gradients) for (const value of gradient!.data) total += value * value;
    factor!.data[0] = Math.min(1, maximum / (Math.sqrt(total) + 1e-6));
  },
  dispatches({ inputs: gradients, outputs: [factor, scratch], attributes: { maximum } }): Dispatch[] {
    const sums = gradients.map((gradient, index) => ({
      label: 'squares',
      code: [squares],
      uniforms: [u32(sizeOf(gradient!.shape)), u32(index * partials)],
      bindings: [gradient!, scratch!],
      workgroups: threads(partials),
      work: sizeOf(gradient!.shape),
    }));
    const last: Dispatch = {
      label: 'clip scale',
      code: [clip],
      uniforms: [u32(gradients.length * partials), f32(maximum)],
      bindings: [scratch!, factor!],
      workgroups: threads(1),
      work: gradients.length * partials,
    };
    return [...sums, last];
  },
};
