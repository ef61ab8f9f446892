export interface Schedule {
  readonly learningRate: number;
  readonly steps: number;
  readonly warmup: number;
  readonly schedule: 'cosine' | 'constant';
}

/** Learning rate of step `step` (from 0): linear warm-up, then half a cosine down to 0, as transformers' schedulers. */
export function learningRateAt({ learningRate, steps, warmup, schedule }: Schedule, step: number): number {
  if (step < warmup) return (learningRate * step) / Math.max(1, warmup);
  if (schedule === 'constant') return learningRate;
  const progress = (step - warmup) / Math.max(1, steps - warmup);
  return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}
