import { useId, useMemo } from 'react';
import type { KeyboardEvent } from 'react';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { chooseOrInspect } from '../../state/deviceUse.ts';
import { inspect } from '../../state/session.ts';
import type { Scene } from '../../session/plot/growth.ts';
import { listSteps } from './listSteps.ts';
import { pointText } from './pointText.ts';
import { zoomStep } from './useZoom.ts';
import type { Zoom } from './useZoom.ts';
import type { Fractions } from './zoom.ts';

interface Props {
  view: SessionView;
  scene: Scene;
  zoom: Zoom;
  cursor: number | null;
  onCursor: (index: number | null) => void;
}

/** With Shift: of what is in sight. */
const ways: Readonly<Record<string, Fractions>> = {
  ArrowRight: { x: 0.2, y: 0 },
  ArrowLeft: { x: -0.2, y: 0 },
  ArrowUp: { x: 0, y: 0.2 },
  ArrowDown: { x: 0, y: -0.2 },
};

/**
 * The front for the keyboard and for screen readers: a list box over the plot, from the cheapest to the dearest.
 * Arrows look at a sub-network, Enter chooses it; + − 0 zoom, and Shift with an arrow moves what is in sight.
 */
export function FrontKeys({ view, scene, zoom, cursor, onCursor }: Props) {
  const id = useId();
  const stops = useMemo(() => stopsOf(scene, view.groups), [scene, view.groups]);
  const place = stops.findIndex((point) => point.index === cursor);
  const move = (to: number) => {
    const next = stops[Math.max(0, Math.min(stops.length - 1, to))];
    if (!next) return;
    onCursor(next.index);
    inspect(next.index);
    if (zoom.extent) zoom.show({ x: next.macs, y: next.score });
  };
  const start = () => {
    const chosen = stops.findIndex((point) => point.index === view.chosen?.index);
    return Math.max(0, chosen);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = event.shiftKey ? ways[event.key] : undefined;
    const step = listSteps[event.key];
    if (way) zoom.move(way);
    else if (step !== undefined) move(place === -1 ? start() : place + step);
    else if ((event.key === 'Enter' || event.key === ' ') && cursor !== null) void chooseOrInspect(cursor);
    else if (event.key === 'Escape') inspect(null);
    else if (!zoomBy(event.key, zoom)) return;
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
        aria-describedby={`${id}-keys`}
        {...(current ? { 'aria-activedescendant': `${id}-${current.index}` } : {})}
        onKeyDown={press}
        onFocus={() => place === -1 && move(start())}
        onBlur={() => onCursor(null)}
      >
        <Options id={id} stops={stops} view={view} />
      </div>
      <p id={`${id}-keys`} className="sr-only">
        Arrows look at a sub-network, Enter chooses it. Plus and minus zoom, 0 shows everything, Shift with an
        arrow moves.
      </p>
      <p className="sr-only" aria-live="polite">
        {current ? pointText(current, view) : ''}
      </p>
    </>
  );
}

function Options({ id, stops, view }: { id: string; stops: readonly Point[]; view: SessionView }) {
  return stops.map((point) => (
    <span
      key={point.index}
      id={`${id}-${point.index}`}
      role="option"
      aria-selected={point.index === view.chosen?.index}
      className="sr-only"
    >
      {pointText(point, view)}
    </span>
  ));
}

function zoomBy(key: string, zoom: Zoom): boolean {
  if (key === '+' || key === '=') zoom.scale(1 / zoomStep);
  else if (key === '-' || key === '−') zoom.scale(zoomStep);
  else if (key === '0') zoom.reset();
  else return false;
  return true;
}

/** The front and the tagged sub-networks, by MACs. */
function stopsOf({ points, front }: Scene, groups: SessionView['groups']): Point[] {
  const tagged = points.filter(
    (point) => point.tag !== null && point.dominated && isCandidate(point, groups),
  );
  return [...front, ...tagged].toSorted((a, b) => a.macs - b.macs || a.score - b.score);
}
