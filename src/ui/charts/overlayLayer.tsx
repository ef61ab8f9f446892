import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { markPath } from '../../session/plot/marks.ts';
import { isChosen, isSame } from './overlaySeries.ts';
import type { Series, Stop } from './overlaySeries.ts';

interface Props {
  series: readonly Series[];
  stops: readonly Stop[];
  cursor: Stop | null;
  onHover: (stop: Stop | null) => void;
}

interface Place {
  stop: Stop;
  x: number;
  y: number;
}

/** How near, in pixels, a pointer must be to a point to mean it. */
const reach = 18;

/** Lines, marks and rings inside the chart's own SVG. */
export function OverlayLayer({ series, stops, cursor, onHover }: Props) {
  const [xScale, yScale, area] = [useXAxisScale(), useYAxisScale(), usePlotArea()];
  if (!xScale || !yScale || !area) return null;
  const places = stops.map((stop): Place => {
    return { stop, x: xScale(stop.point.macs) ?? 0, y: yScale(stop.point.score) ?? 0 };
  });
  return (
    <g>
      {series.map((each) => (
        <OneFront key={each.id} series={each} places={places.filter(({ stop }) => stop.series === each)} />
      ))}
      {/* Over all marks, or another session's would hide them. */}
      {places.map((place) => (
        <Rings
          key={`${place.stop.series.id} ${place.stop.point.index}`}
          place={place}
          isCursor={isSame(place.stop, cursor)}
        />
      ))}
      <PointerPlane places={places} area={area} onHover={onHover} />
    </g>
  );
}

function OneFront({ series, places }: { series: Series; places: readonly Place[] }) {
  return (
    <g className={series.hue}>
      <path className="overlay-line" d={stepLine(places.filter(({ stop }) => !stop.point.dominated))} />
      {places.map(({ stop, x, y }) => (
        <path
          key={stop.point.index}
          className="overlay-mark"
          d={markPath(series.shape)}
          transform={`translate(${x} ${y})`}
        />
      ))}
    </g>
  );
}

function Rings({ place: { stop, x, y }, isCursor }: { place: Place; isCursor: boolean }) {
  return (
    <g className={stop.series.hue}>
      {isChosen(stop) && <circle className="overlay-ring" cx={x} cy={y} r={9} />}
      {isCursor && <circle className="ring-cursor" cx={x} cy={y} r={12} />}
    </g>
  );
}

/** What the best score is for at most so many MACs: flat until the next better point. */
function stepLine([first, ...rest]: readonly Place[]): string {
  return first ? `M${first.x} ${first.y}${rest.map(({ x, y }) => `H${x}V${y}`).join('')}` : '';
}

interface PlaneProps extends Pick<Props, 'onHover'> {
  places: readonly Place[];
  area: { x: number; y: number; width: number; height: number };
}

function PointerPlane({ places, area, onHover }: PlaneProps) {
  const nearest = (event: React.PointerEvent<SVGRectElement>): Stop | null => {
    const frame = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    if (!frame) return null;
    let best: { stop: Stop; distance: number } | null = null;
    for (const { stop, x, y } of places) {
      const distance = Math.hypot(x - event.clientX + frame.left, y - event.clientY + frame.top);
      if (distance < (best?.distance ?? reach)) best = { stop, distance };
    }
    return best?.stop ?? null;
  };
  return (
    <rect
      className="pointer-plane"
      {...area}
      onPointerMove={(event) => onHover(nearest(event))}
      onPointerLeave={() => onHover(null)}
    />
  );
}
