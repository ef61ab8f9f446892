import { useEffect, useRef, useState } from 'react';
import type { PointerEvent as ReactPointerEvent } from 'react';
import type { PlotArea } from 'recharts';
import type { Place } from '../../session/plot/place.ts';
import type { Zoom } from './useZoom.ts';
import type { Fractions } from './zoom.ts';

interface Props {
  area: Pick<PlotArea, 'x' | 'y' | 'width' | 'height'>;
  zoom: Zoom;
  /** Where the pointer is, in pixels of the chart; null: gone. */
  onHover: (at: Place | null) => void;
  onPick: (at: Place) => void;
}

/** A drag that is shorter was meant as a click. Pixels. */
const shortest = 6;
/** Of the wheel's way, in pixels, that doubles the size. */
const doubling = 250;

/**
 * What a pointer does on the plot: it points, picks, and drags a rectangle to zoom into. Ctrl (or ⌘) and the wheel, and
 * two fingers, zoom; Shift and the wheel move. One finger and the bare wheel scroll the page, as everywhere.
 */
export function PointerPlane({ area, zoom, onHover, onPick }: Props) {
  const plane = useRef<SVGRectElement>(null);
  const [drag, setDrag] = useState<{ from: Place; to: Place } | null>(null);
  const dragged = useRef(false);
  useWheelAndPinch(plane, zoom);
  const fractions = ({ x, y }: Place): Fractions => ({
    x: clamp((x - area.x) / area.width),
    y: clamp(1 - (y - area.y) / area.height),
  });
  const move = (event: ReactPointerEvent<SVGRectElement>) => {
    const at = placeOf(event);
    onHover(at);
    if (drag) setDrag({ ...drag, to: at });
  };
  const press = (event: ReactPointerEvent<SVGRectElement>) => {
    dragged.current = false;
    if (event.pointerType === 'touch' || event.button !== 0) return;
    const at = placeOf(event);
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ from: at, to: at });
  };
  const release = () => {
    if (drag && isLong(drag)) {
      dragged.current = true;
      zoom.select(fractions(drag.from), fractions(drag.to));
    }
    setDrag(null);
  };
  return (
    <>
      {drag && isLong(drag) && <rect className="brush" {...rectangle(drag, area)} />}
      <rect
        ref={plane}
        className="pointer-plane"
        x={area.x}
        y={area.y}
        width={area.width}
        height={area.height}
        onPointerMove={move}
        onPointerDown={press}
        onPointerUp={release}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => onHover(null)}
        onClick={(event) => {
          if (!dragged.current) onPick(placeOf(event));
        }}
      />
    </>
  );
}

/** Both must be able to keep the page from scrolling, which React's own listeners are not. */
function useWheelAndPinch(plane: React.RefObject<SVGRectElement | null>, zoom: Zoom): void {
  const latest = useRef(zoom);
  useEffect(() => {
    latest.current = zoom;
  }, [zoom]);
  useEffect(() => {
    const element = plane.current;
    if (!element) return undefined;
    const fractions = (x: number, y: number): Fractions => {
      const box = element.getBoundingClientRect();
      return { x: clamp((x - box.left) / box.width), y: clamp(1 - (y - box.top) / box.height) };
    };
    const wheel = (event: WheelEvent) => {
      const { width } = element.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey)
        latest.current.scale(2 ** (event.deltaY / doubling), fractions(event.clientX, event.clientY));
      else if (event.shiftKey && latest.current.extent)
        latest.current.move({ x: (event.deltaX || event.deltaY) / width, y: 0 });
      else return;
      event.preventDefault();
    };
    let apart: number | null = null;
    const touch = (event: TouchEvent) => {
      const [a, b] = event.touches;
      if (!a || !b) return;
      event.preventDefault();
      const distance = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const centre = fractions((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      if (apart !== null && distance > 0) latest.current.scale(apart / distance, centre);
      apart = distance;
    };
    const lift = () => {
      apart = null;
    };
    const active = { passive: false };
    element.addEventListener('wheel', wheel, active);
    element.addEventListener('touchstart', touch, active);
    element.addEventListener('touchmove', touch, active);
    element.addEventListener('touchend', lift);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('touchstart', touch);
      element.removeEventListener('touchmove', touch);
      element.removeEventListener('touchend', lift);
    };
  }, [plane]);
}

/** In pixels of the chart's own SVG, which the page does not scale. */
function placeOf(event: { clientX: number; clientY: number; currentTarget: SVGRectElement }): Place {
  const frame = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
  return { x: event.clientX - (frame?.left ?? 0), y: event.clientY - (frame?.top ?? 0) };
}

const isLong = ({ from, to }: { from: Place; to: Place }): boolean =>
  Math.abs(from.x - to.x) >= shortest && Math.abs(from.y - to.y) >= shortest;

function rectangle({ from, to }: { from: Place; to: Place }, area: Props['area']) {
  const inside = ({ x, y }: Place): Place => ({
    x: Math.max(area.x, Math.min(area.x + area.width, x)),
    y: Math.max(area.y, Math.min(area.y + area.height, y)),
  });
  const [a, b] = [inside(from), inside(to)];
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

const clamp = (fraction: number): number => Math.max(0, Math.min(1, fraction));
