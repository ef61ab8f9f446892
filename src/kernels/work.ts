/**
 * Multiply–accumulates of a dispatch at most, about, where it can be cut: browsers end what keeps the device for
 * seconds. As much as a submit has (backends/webgpu/program.ts), which cuts between dispatches alone.
 */
export const mostWork = 2e8;

/** From `first` to before `end`. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** Cuts `count` items of so much work each into even spans of bounded work; cuts are at multiples of `unit`. */
export function spans(count: number, unit: number, workEach: number, most = mostWork): Span[] {
  const units = Math.ceil(count / unit);
  const cuts = Math.ceil(units / Math.max(1, Math.floor(most / (workEach * unit))));
  const step = Math.ceil(units / cuts) * unit;
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => ({
    first: index * step,
    end: Math.min(count, (index + 1) * step),
  }));
}
