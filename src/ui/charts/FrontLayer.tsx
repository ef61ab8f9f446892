import { useId, useLayoutEffect, useMemo } from 'react';
import { usePlotArea, useXAxisDomain, useXAxisScale, useYAxisDomain, useYAxisScale } from 'recharts';
import type { PlotArea } from 'recharts';
import { useStore } from 'zustand';
import type { PointTag } from '../../session/events.ts';
import { pointScoreText } from '../../session/format.ts';
import { isActive, isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { chooseOrInspect } from '../../state/deviceUse.ts';
import { sessionStore } from '../../state/session.ts';
import type { CrowdPainter } from './crowd.ts';
import { lastGeneration } from '../../session/plot/growth.ts';
import type { Scene } from '../../session/plot/growth.ts';
import { markPath } from '../../session/plot/marks.ts';
import type { Mark } from '../../session/plot/marks.ts';
import { edge, nearest, placing } from '../../session/plot/place.ts';
import type { Place, Placed } from '../../session/plot/place.ts';
import { PointerPlane } from './PointerPlane.tsx';
import { useScene } from './useScene.ts';
import { useScheme } from './useScheme.ts';
import type { Zoom } from './useZoom.ts';

interface Props {
  /** The last one that is shown; null: the latest. */
  generation: number | null;
  /** Of the canvas below the chart's SVG, of the same size. */
  painter: CrowdPainter | null;
  zoom: Zoom;
  /** The score at the lower edge, where points below it gather; null while it is zoomed. */
  lowest: number | null;
  /** The front point under the keyboard's cursor. */
  cursor: number | null;
  onHover: (point: Point | null) => void;
}

/** Everything on the plot, inside the chart's own SVG, fed by the store: new points do not draw the axes again. */
export function FrontLayer({ generation, painter, zoom, lowest, cursor, onHover }: Props) {
  const view = useStore(sessionStore, (state) => state.view);
  const inspected = useStore(sessionStore, (state) => state.inspected);
  const scene = useScene(view, generation);
  const area = usePlotArea();
  const placed = usePlaced(scene.points, lowest, area);
  const clip = useId();
  useCrowd(painter, scene, placed, area, view);
  const hittable = useMemo(
    () => scene.points.filter((point) => isCandidate(point, view.groups)),
    [scene.points, view.groups],
  );
  if (!placed || !area) return null;
  const { place, below } = placed;
  const at = (index: number | null | undefined) =>
    typeof index === 'number' ? scene.points.find((point) => point.index === index) : undefined;
  const hit = (pointer: Place) => nearest(hittable, place, pointer);
  return (
    <g>
      <clipPath id={clip}>
        <rect x={area.x} y={area.y - 8} width={area.width + 8} height={area.height + 8} />
      </clipPath>
      {/* Marks may stand out over the edge by half of themselves, the line may not. */}
      <clipPath id={`${clip}-line`}>
        <rect x={area.x} y={area.y - 1} width={area.width} height={area.height + 1} />
      </clipPath>
      <path
        className="front-line"
        clipPath={`url(#${clip}-line)`}
        d={stepLine(scene.front.map(place), area.x + area.width)}
      />
      <g clipPath={`url(#${clip})`}>
        {scene.front.map(
          (point) => point.tag === null && <MarkAt key={point.index} mark="front" place={place(point)} />,
        )}
        {tagged(scene.points).map(({ point, tag }) => (
          <MarkAt key={point.index} mark={tag} place={place(point)} />
        ))}
        {below.map((point) => (
          <BelowText key={point.index} point={point} place={place(point)} metric={view.metric} />
        ))}
        <Ring className="ring-cursor" point={at(cursor)} placed={placed} radius={11} />
        <Ring className="ring-inspected" point={at(inspected)} placed={placed} radius={9} />
        <Ring className="ring-chosen" point={at(view.chosen?.index)} placed={placed} radius={9} />
      </g>
      <PointerPlane
        area={area}
        zoom={zoom}
        onHover={(pointer) => onHover(pointer && hit(pointer))}
        onPick={(pointer) => {
          const point = hit(pointer);
          if (point) void chooseOrInspect(point.index);
        }}
      />
    </g>
  );
}

function usePlaced(
  points: readonly Point[],
  lowest: number | null,
  area: PlotArea | undefined,
): Placed | null {
  const x = useXAxisScale();
  const y = useYAxisScale();
  const bottom = area ? area.y + area.height : 0;
  return useMemo(
    () => (x && y ? placing(points, { x, y }, lowest, bottom) : null),
    [points, x, y, lowest, bottom],
  );
}

function useCrowd(
  painter: CrowdPainter | null,
  { points }: Scene,
  placed: Placed | null,
  area: PlotArea | undefined,
  view: SessionView,
): void {
  const scheme = useScheme();
  const x = useXAxisDomain();
  const y = useYAxisDomain();
  const last = useMemo(() => Math.max(plannedGenerations(view), lastGeneration(view)), [view]);
  const frame = JSON.stringify([x, y, area, scheme, last, window.devicePixelRatio, view.date]);
  useLayoutEffect(() => {
    if (painter && placed && area) painter.paint({ points, place: placed.place, area, last, frame });
  }, [painter, points, placed, area, last, frame]);
}

/** That a running search will have: its points must not change their colours all the time. */
function plannedGenerations(view: SessionView): number {
  const search = isActive(view) ? view.recipe?.search : null;
  return search ? Math.ceil(search.evaluations / search.population) - 1 : 0;
}

function BelowText({ point, place, metric }: { point: Point; place: Place; metric: SessionView['metric'] }) {
  return (
    <text className="below-text" x={place.x + edge} y={place.y + 4}>
      {pointScoreText(point, metric)} ↓
    </text>
  );
}

/** Sub-networks last: plain LoRA costs what the maximal one does, and must not hide it. */
function tagged(points: readonly Point[]): { point: Point; tag: PointTag }[] {
  const marks = points.flatMap((point) => (point.tag ? [{ point, tag: point.tag }] : []));
  return marks.toSorted((a, b) => Number(a.point.genome !== null) - Number(b.point.genome !== null));
}

/** What the best accuracy is for at most so many MACs: flat until the next better point. */
function stepLine([first, ...rest]: readonly Place[], right: number): string {
  if (!first) return '';
  return `M${first.x} ${first.y}${rest.map(({ x, y }) => `H${x}V${y}`).join('')}H${right}`;
}

function MarkAt({ mark, place }: { mark: Mark; place: Place }) {
  return (
    <path className={`mark ${mark}`} d={markPath(mark)} transform={`translate(${place.x} ${place.y})`} />
  );
}

interface RingProps {
  className: string;
  point: Point | undefined;
  placed: Placed;
  radius: number;
}

function Ring({ className, point, placed, radius }: RingProps) {
  if (!point) return null;
  const { x, y } = placed.place(point);
  return <circle className={className} cx={x} cy={y} r={radius} />;
}
