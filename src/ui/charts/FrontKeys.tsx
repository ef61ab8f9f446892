import { useId, useMemo } from 'react';
import type { KeyboardEvent } from 'react';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { inspect } from '../../state/session.ts';
import { pointText } from './pointText.ts';

interface Props {
  view: SessionView;
  cursor: number | null;
  onCursor: (index: number | null) => void;
}

const steps: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  Home: -Infinity,
  End: Infinity,
};

/**
 * The front for the keyboard and for screen readers: a list box over the plot, from the cheapest to the dearest.
 * Arrows look at a sub-network, Enter chooses it.
 */
export function FrontKeys({ view, cursor, onCursor }: Props) {
  const id = useId();
  const stops = useMemo(() => stopsOf(view), [view]);
  const place = stops.findIndex((point) => point.index === cursor);
  const move = (to: number) => {
    const next = stops[Math.max(0, Math.min(stops.length - 1, to))];
    if (!next) return;
    onCursor(next.index);
    inspect(next.index);
  };
  const start = () => {
    const chosen = stops.findIndex((point) => point.index === view.chosen?.index);
    return Math.max(0, chosen);
  };
  const press = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step !== undefined) move(place === -1 ? start() : place + step);
    else if ((event.key === 'Enter' || event.key === ' ') && cursor !== null) void choosePoint(cursor);
    else if (event.key === 'Escape') inspect(null);
    else return;
    event.preventDefault();
  };
  const current = stops[place];
  if (stops.length === 0) return null;
  return (
    <>
      <div
        className="front-keys"
        role="listbox"
        tabIndex={0}
        aria-label="Sub-networks on the front"
        {...(current ? { 'aria-activedescendant': `${id}-${current.index}` } : {})}
        onKeyDown={press}
        onFocus={() => place === -1 && move(start())}
        onBlur={() => onCursor(null)}
      >
        {stops.map((point) => (
          <span
            key={point.index}
            id={`${id}-${point.index}`}
            role="option"
            aria-selected={point.index === view.chosen?.index}
            className="sr-only"
          >
            {pointText(point, view)}
          </span>
        ))}
      </div>
      <p className="sr-only" aria-live="polite">
        {current ? pointText(current, view) : ''}
      </p>
    </>
  );
}

/** The front and the tagged sub-networks, by MACs. */
function stopsOf({ points, front, groups }: SessionView): Point[] {
  const tagged = points.filter(
    (point) => point.tag !== null && point.dominated && isCandidate(point, groups),
  );
  return [...front, ...tagged].toSorted((a, b) => a.macs - b.macs || a.score - b.score);
}
