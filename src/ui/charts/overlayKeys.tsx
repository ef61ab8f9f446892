import { useId } from 'react';
import type { KeyboardEvent } from 'react';
import { listSteps } from './listSteps.ts';
import { isChosen, isSame, stopText } from './overlaySeries.ts';
import type { Stop } from './overlaySeries.ts';

interface Props {
  stops: readonly Stop[];
  cursor: Stop | null;
  onCursor: (stop: Stop | null) => void;
}

/** The fronts for the keyboard and for screen readers: a list box over the plot, from the cheapest to the dearest. */
export function OverlayKeys({ stops, cursor, onCursor }: Props) {
  const id = useId();
  const place = stops.findIndex((stop) => isSame(stop, cursor));
  const press = (event: KeyboardEvent) => {
    const step = listSteps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = stops[Math.max(0, Math.min(stops.length - 1, place + step))];
    if (next) onCursor(next);
  };
  if (stops.length === 0) return null;
  return (
    <div
      className="front-keys"
      role="listbox"
      tabIndex={0}
      aria-label="Sub-networks on the fronts"
      {...(place >= 0 ? { 'aria-activedescendant': `${id}-${place}` } : {})}
      onKeyDown={press}
      onFocus={() => place === -1 && onCursor(stops[0] ?? null)}
      onBlur={() => onCursor(null)}
    >
      {stops.map((stop, index) => (
        <span
          key={`${stop.series.id} ${stop.point.index}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={isChosen(stop)}
          className="sr-only"
        >
          {stopText(stop)}
        </span>
      ))}
    </div>
  );
}
