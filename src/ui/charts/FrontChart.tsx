import { useCallback, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { Point, SessionView } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { unmergedCost } from '../panels/methodFacts.ts';
import { chartText, nextText } from '../panels/statusText.ts';
import { axisOver, axisWithin, perplexityAxis, perplexityWithin } from '../../session/plot/axis.ts';
import type { Axis } from '../../session/plot/axis.ts';
import { CrowdPainter } from './crowd.ts';
import { FrontKeys } from './FrontKeys.tsx';
import { FrontLayer } from './FrontLayer.tsx';
import { FrontLegend } from './FrontLegend.tsx';
import { FrontPlot, wide } from './FrontPlot.tsx';
import { GenerationSlider } from './GenerationSlider.tsx';
import { lastGeneration } from '../../session/plot/growth.ts';
import { scoresInSight } from '../../session/plot/inSight.ts';
import { pointText } from './pointText.ts';
import { useScene } from './useScene.ts';
import { useSize } from './useSize.ts';
import { useZoom } from './useZoom.ts';
import type { Extent } from './zoom.ts';
import { ZoomButtons } from './ZoomButtons.tsx';

/** Accuracy against MACs: every scored sub-network, live; the front as the line of what is best for its cost. */
export default function FrontChart() {
  const view = useStore(sessionStore, (state) => state.view);
  const origin = useStore(sessionStore, (state) => state.origin);
  const inspected = useStore(sessionStore, (state) => state.inspected);
  const [hovered, setHovered] = useState<Point | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { painter, paintOn } = usePainter();
  const { ref, width, height } = useSize();
  const last = useMemo(() => lastGeneration(view), [view]);
  const { generation, setGeneration } = useGeneration(view.date, last);
  const scene = useScene(view, generation);
  const { zoom, axes, lowest } = useZoomedAxes(view, width);
  const next = nextText(view);
  const shownIndex = hovered?.index ?? inspected ?? view.chosen?.index ?? null;
  const shown = shownIndex === null ? undefined : view.points[shownIndex];
  const hover = useCallback((point: Point | null) => setHovered(point), []);
  // Fed by the store itself: new points do not draw the axes again.
  const layer = useMemo(
    () => <FrontLayer {...{ generation, painter, zoom, lowest, cursor }} onHover={hover} />,
    [generation, painter, zoom, lowest, cursor, hover],
  );
  return (
    <div className="front-chart">
      <div className="front-head">
        <p className="front-reading">{shown ? pointText(shown, view) : chartText(view, origin)}</p>
        <ZoomButtons zoom={zoom} />
      </div>
      {unmergedCost(view.recipe?.method) && (
        <p className="front-note">
          Unmerged cost: the adapter counts beside the weights. Once merged, all ranks cost the same.
        </p>
      )}
      <div className="front-area">
        <div className="chart-area" ref={ref} aria-hidden="true">
          <canvas className="crowd" ref={paintOn} />
          {width > 0 && height > 0 && (
            <FrontPlot
              x={axes.x}
              y={axes.y}
              cost={unmergedCost(view.recipe?.method) ? 'MACs a token, unmerged' : 'MACs a token'}
              metric={view.metric}
              heuristic={view.heuristicScore}
              width={width}
              height={height}
            >
              {layer}
            </FrontPlot>
          )}
        </div>
        <FrontKeys view={view} scene={scene} zoom={zoom} cursor={cursor} onCursor={setCursor} />
        {next !== null && <p className="front-next">{next}</p>}
      </div>
      <div className="front-foot">
        <FrontLegend points={scene.points} hasChosen={view.chosen !== null} generations={last + 1} />
        {last > 0 && <GenerationSlider generation={generation} last={last} onChange={setGeneration} />}
      </div>
    </div>
  );
}

/** null: the latest, whichever that is. Another session begins there. */
function useGeneration(subject: string | null, last: number) {
  const [kept, setKept] = useState<{ generation: number; subject: string | null } | null>(null);
  const generation = kept && kept.subject === subject && kept.generation < last ? kept.generation : null;
  const setGeneration = useCallback(
    (wanted: number | null) => setKept(wanted === null ? null : { generation: wanted, subject }),
    [subject],
  );
  return { generation, setGeneration };
}

function usePainter() {
  const [painter, setPainter] = useState<CrowdPainter | null>(null);
  const paintOn = useCallback(
    (canvas: HTMLCanvasElement | null) => setPainter(canvas && new CrowdPainter(canvas)),
    [],
  );
  return { painter, paintOn };
}

/** `lowest`: the score at the lower edge, below which points are gathered there; null while it is zoomed. */
function useZoomedAxes(view: SessionView, width: number) {
  const whole = useWhole(view, width);
  const full = useMemo((): Extent => ({ x: whole.x.domain, y: whole.y.domain }), [whole]);
  const zoom = useZoom(full, view.date);
  const axes = useMemo(
    () => (zoom.extent ? axesWithin(zoom.extent, view.metric, width) : whole),
    [zoom.extent, whole, view.metric, width],
  );
  return { zoom, axes, lowest: zoom.extent ? null : whole.y.domain[0] };
}

interface Axes {
  x: Axis;
  y: Axis;
}

const columns = (width: number): number => (width < wide ? 4 : 8);

function useWhole(view: SessionView, width: number): Axes {
  const macs = view.points.map((point) => point.macs);
  const scores = scoresInSight(view);
  const least = view.front.length > 0 ? 0.1 : 0.2;
  const y = view.metric === 'accuracy' ? axisOver(scores, 5, [0, 1], least) : perplexityAxis(scores, 5);
  return useStable({ x: axisOver(macs, columns(width), [0, Infinity], view.maximalMacs * 0.2), y });
}

function axesWithin({ x, y }: Extent, metric: SessionView['metric'], width: number): Axes {
  return {
    x: axisWithin(...x, columns(width)),
    y: metric === 'accuracy' ? axisWithin(...y, 5) : perplexityWithin([...y], 5),
  };
}

/** The same object for as long as it says the same, so that the plot is only drawn again when its axes change. */
function useStable(axes: Axes): Axes {
  const said = JSON.stringify(axes);
  return useMemo(() => JSON.parse(said) as Axes, [said]);
}
