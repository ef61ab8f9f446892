import gelu from '../../../shaders/act_gelu.wgsl?raw';
import geluTanh from '../../../shaders/act_gelu_tanh.wgsl?raw';
import relu from '../../../shaders/act_relu.wgsl?raw';
import silu from '../../../shaders/act_silu.wgsl?raw';

/** `gelu` is x·Φ(x), by erf; `gelu-tanh` its approximation (GPT-2's `gelu_new`, Gemma's `gelu_pytorch_tanh`). */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'relu';

/** WGSL of `act(x)`, `times_act(a, x)` = a·act(x) and `times_slope(a, x)` = a·act′(x). */
export const activationCode: Readonly<Record<Activation, string>> = {
  silu,
  gelu,
  'gelu-tanh': geluTanh,
  relu,
};

/** The plain definitions, in double. All are 0 at 0, so that channels cut to zero stay zero. */
export const activations: Readonly<
  Record<Activation, { value: (x: number) => number; slope: (x: number) => number }>
> = {
  silu: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) },
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  gelu: {
    value: (x) => x * normalShare(x),
    slope: (x) => normalShare(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  },
  'gelu-tanh': {
    value: (x) => 0.5 * x * (1 + Math.tanh(inner(x))),
    slope(x) {
      const t = Math.tanh(inner(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const inner = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const normalShare = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));

/** 2/√π·e^(−x²)·Σ 2ⁿx^(2n+1)/(2n+1)!!, whose terms all have the sign of x; beyond 6 it is ±1 in double. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
