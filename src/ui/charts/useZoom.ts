import { useCallback, useMemo, useState } from 'react';
import { between, including, moved, scaled, within } from './zoom.ts';
import type { Extent, Fractions } from './zoom.ts';

export interface Zoom {
  /** What is in sight; null: everything there is. */
  extent: Extent | null;
  /** A factor below 1 goes nearer. */
  scale: (factor: number, at?: Fractions) => void;
  move: (by: Fractions) => void;
  select: (from: Fractions, to: Fractions) => void;
  show: (point: { x: number; y: number }) => void;
  reset: () => void;
}

/** One press of a button or a key. */
export const zoomStep = 1.5;

/** The zoom of a chart whose whole (`full`) may grow while it is looked at; another `subject` begins with the whole. */
export function useZoom(full: Extent, subject: unknown): Zoom {
  const [kept, setKept] = useState<{ extent: Extent; subject: unknown } | null>(null);
  const extent = kept && kept.subject === subject ? within(kept.extent, full) : null;
  const change = useCallback(
    (next: (extent: Extent) => Extent | null) =>
      setKept((old) => {
        const now = (old && old.subject === subject ? within(old.extent, full) : null) ?? full;
        const changed = next(now);
        return changed && { extent: changed, subject };
      }),
    [full, subject],
  );
  const actions = useMemo(
    (): Omit<Zoom, 'extent'> => ({
      scale: (factor, at) => change((now) => scaled(now, full, factor, at)),
      move: (by) => change((now) => moved(now, full, by)),
      select: (from, to) => change((now) => between(now, full, from, to)),
      show: (point) => change((now) => including(now, full, point)),
      reset: () => setKept(null),
    }),
    [change, full],
  );
  return useMemo(() => ({ extent, ...actions }), [extent, actions]);
}
