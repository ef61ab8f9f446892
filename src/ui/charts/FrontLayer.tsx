import { memo, useMemo } from 'react';
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import { useStore } from 'zustand';
import type { PointTag } from '../../session/events.ts';
import { scoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { sessionStore } from '../../state/session.ts';
import { crowdPath, markOf, markPath } from './marks.ts';
import type { Mark } from './marks.ts';

interface Props {
  /** The front point under the keyboard's cursor. */
  cursor: number | null;
  onHover: (point: Point | null) => void;
}

interface Placed {
  point: Point;
  x: number;
  y: number;
  /** Its score is below what the chart shows; it stands at the edge, with the score beside it. */
  below: boolean;
}

/** How near, in pixels, a pointer must be to a point to mean it. */
const reach = 18;

/**
 * Everything on the plot, inside the chart's own SVG, fed by the store: new points do not draw the axes again.
 * Dominated points, of which there may be thousands, are one path; React only handles the few that matter.
 */
export function FrontLayer({ cursor, onHover }: Props) {
  const view = useStore(sessionStore, (state) => state.view);
  const inspected = useStore(sessionStore, (state) => state.inspected);
  const { points, front, groups, metric } = view;
  const area = usePlotArea();
  const placed = usePlaced(points, area ? area.y + area.height : 0);
  if (!placed || !area) return null;
  const at = (index: number | null | undefined) => (typeof index === 'number' ? placed[index] : undefined);
  return (
    <g>
      <Crowd placed={placed} mark="dominated" />
      <Crowd placed={placed} mark="infeasible" />
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
      {tagged(placed).map(({ point, tag }) => (
        <MarkAt key={point.index} mark={tag} place={placed[point.index]} />
      ))}
      {placed.map(
        (place) => place.below && <BelowText key={place.point.index} place={place} metric={metric} />,
      )}
      <Ring className="ring-cursor" place={at(cursor)} radius={11} />
      <Ring className="ring-inspected" place={at(inspected)} radius={9} />
      <Ring className="ring-chosen" place={at(view.chosen?.index)} radius={9} />
      <PointerPlane placed={placed} area={area} groups={groups} onHover={onHover} />
    </g>
  );
}

const edge = 9;
const line = 16;

function usePlaced(points: readonly Point[], bottom: number): Placed[] | null {
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  return useMemo(
    () => (xScale && yScale ? placePoints(points, xScale, yScale, bottom) : null),
    [points, xScale, yScale, bottom],
  );
}

type Scale = (value: number) => number | undefined;

function placePoints(points: readonly Point[], xScale: Scale, yScale: Scale, bottom: number): Placed[] {
  let under = 0;
  return points.map((point) => {
    const y = yScale(point.score) ?? 0;
    const below = y > bottom + 1;
    return {
      point,
      x: xScale(point.macs) ?? 0,
      y: below ? bottom - edge - line * under++ : y,
      below,
    };
  });
}

function BelowText({ place, metric }: { place: Placed; metric: SessionView['metric'] }) {
  return (
    <text className="below-text" x={place.x + edge} y={place.y + 4}>
      {scoreText(place.point.score, metric)} ↓
    </text>
  );
}

/** Sub-networks last: plain LoRA costs what the maximal one does, and must not hide it. */
function tagged(placed: readonly Placed[]): { point: Point; tag: PointTag }[] {
  const marks = placed.flatMap(({ point }) => (point.tag ? [{ point, tag: point.tag }] : []));
  return marks.toSorted((a, b) => Number(a.point.genome !== null) - Number(b.point.genome !== null));
}

interface CrowdProps {
  placed: readonly Placed[];
  mark: 'dominated' | 'infeasible';
}

/** The many of one kind, as one path. */
const Crowd = memo(function Crowd({ placed, mark }: CrowdProps) {
  const path = placed.filter(({ point }) => markOf(point) === mark).map(({ x, y }) => crowdPath(mark, x, y));
  return <path className={`mark ${mark}`} d={path.join('')} />;
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

interface PlaneProps extends Pick<Props, 'onHover'> {
  groups: SessionView['groups'];
  placed: readonly Placed[];
  area: { x: number; y: number; width: number; height: number };
}

function PointerPlane({ placed, area, groups, onHover }: PlaneProps) {
  const nearest = (
    event: React.PointerEvent<SVGRectElement> | React.MouseEvent<SVGRectElement>,
  ): Point | null => {
    const frame = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    if (!frame) return null;
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let best: { point: Point; distance: number } | null = null;
    for (const candidate of placed) {
      const distance = Math.hypot(candidate.x - x, candidate.y - y) - (candidate.point.dominated ? 0 : 3);
      if (distance < (best?.distance ?? reach) && isCandidate(candidate.point, groups))
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
        if (point) void choosePoint(point.index);
      }}
    />
  );
}
