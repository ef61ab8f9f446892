import type { Figure } from './figures.ts';

/** GFLOP/s and GB/s that nothing exceeds: what shares are shares of. */
export interface Ceilings {
  readonly arithmetic: number;
  readonly copy: number;
}

export interface RooflinePoint {
  readonly label: string;
  /** Floating-point operations a byte of operands, and 10⁹ of them a second. */
  readonly intensity: number;
  readonly rate: number;
}

/** The best of each kind; null where one is missing. */
export function ceilingsOf(figures: readonly Figure[]): Ceilings | null {
  const best = (unit: string) =>
    Math.max(0, ...figures.filter((figure) => figure.unit === unit).map(({ value }) => value.median));
  const [arithmetic, copy] = [best('GFLOP/s'), best('GB/s')];
  return arithmetic > 0 && copy > 0 ? { arithmetic, copy } : null;
}

/** The kernels that are arithmetic, where their operations and bytes put them. */
export function pointsOf(figures: readonly Figure[]): RooflinePoint[] {
  return figures.flatMap(({ label, kernel }) => {
    if (!kernel?.flop || !(kernel.milliseconds > 0) || !(kernel.bytes > 0)) return [];
    const { flop, bytes, milliseconds } = kernel;
    return [{ label, intensity: flop / bytes, rate: flop / milliseconds / 1e6 }];
  });
}

/** A kernel's rate against the ceiling that it is nearer to. */
export function nearest(kernel: NonNullable<Figure['kernel']>, { arithmetic, copy }: Ceilings) {
  const computed = (kernel.flop ?? 0) / kernel.milliseconds / 1e6;
  const moved = kernel.bytes / kernel.milliseconds / 1e6;
  return computed / arithmetic >= moved / copy
    ? { rate: computed, unit: 'GFLOP/s', share: computed / arithmetic }
    : { rate: moved, unit: 'GB/s', share: moved / copy };
}
