import { memo, useMemo } from 'react';
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import type { Point } from '../../session/view.ts';
import { markPath } from './marks.ts';
import type { Mark } from './marks.ts';

interface Props {
  points: readonly Point[];
  front: readonly Point[];
  inspected: number | null;
  chosen: number | null;
  /** The front point under the keyboard's cursor. */
  cursor: number | null;
  canPick: (point: Point) => boolean;
  onPick: (point: Point) => void;
  onHover: (point: Point | null) => void;
}

interface Placed {
  point: Point;
  x: number;
  y: number;
}

/** How near, in pixels, a pointer must be to a point to mean it. */
const reach = 18;

/**
 * Everything on the plot, inside the chart's own SVG. Dominated points, of which there may be thousands, are one
 * path; React only ever handles the few that matter.
 */
export function FrontLayer(props: Props) {
  const { points, front, inspected, chosen, cursor } = props;
  const placed = usePlaced(points);
  const area = usePlotArea();
  if (!placed || !area) return null;
  const at = (index: number | null) => (index === null ? undefined : placed[index]);
  return (
    <g>
      <Crowd placed={placed} />
      <path
        className="front-line"
        d={stepLine(
          front.map((point) => placed[point.index]),
          area.x + area.width,
        )}
      />
      {front.map(
        (point) =>
          point.tag === null && <MarkAt key={point.index} mark="front" place={placed[point.index]} />,
      )}
      {placed.map(
        ({ point }) => point.tag && <MarkAt key={point.index} mark={point.tag} place={placed[point.index]} />,
      )}
      <Ring className="ring-cursor" place={at(cursor)} radius={11} />
      <Ring className="ring-inspected" place={at(inspected)} radius={9} />
      <Ring className="ring-chosen" place={at(chosen)} radius={9} />
      <PointerPlane placed={placed} area={area} {...props} />
    </g>
  );
}

function usePlaced(points: readonly Point[]): Placed[] | null {
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  return useMemo(() => {
    if (!xScale || !yScale) return null;
    return points.map((point) => ({ point, x: xScale(point.macs) ?? 0, y: yScale(point.score) ?? 0 }));
  }, [points, xScale, yScale]);
}

/** The dominated, as one path. */
const Crowd = memo(function Crowd({ placed }: { placed: readonly Placed[] }) {
  const dot = markPath('dominated');
  const path = placed
    .filter(({ point }) => point.dominated && point.tag === null)
    .map(({ x, y }) => dot.replace('M-2.75 0', `M${x - 2.75} ${y}`));
  return <path className="mark dominated" d={path.join('')} />;
});

/** What the best accuracy is for at most so many MACs: flat until the next better point. */
function stepLine(front: readonly (Placed | undefined)[], right: number): string {
  const places = front.filter((place) => place !== undefined);
  const [first, ...rest] = places;
  if (!first) return '';
  return `M${first.x} ${first.y}${rest.map(({ x, y }) => `H${x}V${y}`).join('')}H${right}`;
}

function MarkAt({ mark, place }: { mark: Mark; place: Placed | undefined }) {
  if (!place) return null;
  return (
    <path className={`mark ${mark}`} d={markPath(mark)} transform={`translate(${place.x} ${place.y})`} />
  );
}

function Ring({
  className,
  place,
  radius,
}: {
  className: string;
  place: Placed | undefined;
  radius: number;
}) {
  return place ? <circle className={className} cx={place.x} cy={place.y} r={radius} /> : null;
}

interface PlaneProps extends Props {
  placed: readonly Placed[];
  area: { x: number; y: number; width: number; height: number };
}

function PointerPlane({ placed, area, canPick, onPick, onHover }: PlaneProps) {
  const nearest = (
    event: React.PointerEvent<SVGRectElement> | React.MouseEvent<SVGRectElement>,
  ): Point | null => {
    const frame = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    if (!frame) return null;
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let best: { point: Point; distance: number } | null = null;
    for (const candidate of placed) {
      const distance = Math.hypot(candidate.x - x, candidate.y - y) - (candidate.point.dominated ? 0 : 3);
      if (distance < (best?.distance ?? reach) && canPick(candidate.point))
        best = { point: candidate.point, distance };
    }
    return best?.point ?? null;
  };
  return (
    <rect
      className="pointer-plane"
      {...area}
      onPointerMove={(event) => onHover(nearest(event))}
      onPointerLeave={() => onHover(null)}
      onClick={(event) => {
        const point = nearest(event);
        if (point) onPick(point);
      }}
    />
  );
}
