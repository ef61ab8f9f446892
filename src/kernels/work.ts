/**
 * Multiply–accumulates of a dispatch that can be cut, at most, about: 0.2 s on a slow software adapter that is idle.
 * Browsers end what keeps the device for ten. A submit takes as much, or more where the device was seen to be faster
 * (`backends/webgpu/pace.ts`); the cuts of a dispatch never depend on time, since bits may depend on them.
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
