import { memo, useCallback, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import type { Point, SessionView } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { unmergedCost } from '../panels/methodFacts.ts';
import { chartText, nextText } from '../panels/statusText.ts';
import { axisOver, compactTick, perplexityAxis } from './axis.ts';
import type { Axis } from './axis.ts';
import { FrontKeys } from './FrontKeys.tsx';
import { FrontLayer } from './FrontLayer.tsx';
import { FrontLegend } from './FrontLegend.tsx';
import { scoresInSight } from './inSight.ts';
import { pointText } from './pointText.ts';
import { useSize } from './useSize.ts';

/** Accuracy against MACs: every scored sub-network, live; the front as the line of what is best for its cost. */
export default function FrontChart() {
  const view = useStore(sessionStore, (state) => state.view);
  const inspected = useStore(sessionStore, (state) => state.inspected);
  const [hovered, setHovered] = useState<Point | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { ref, width, height } = useSize();
  const { x, y } = useAxes(view, width);
  const next = nextText(view);
  const shownIndex = hovered?.index ?? inspected ?? view.chosen?.index ?? null;
  const shown = shownIndex === null ? undefined : view.points[shownIndex];
  const hover = useCallback((point: Point | null) => setHovered(point), []);
  const layer = useMemo(() => <FrontLayer cursor={cursor} onHover={hover} />, [cursor, hover]);
  return (
    <div className="front-chart">
      <div className="front-head">
        <p className="front-reading">{shown ? pointText(shown, view) : chartText(view)}</p>
        <FrontLegend points={view.points} hasChosen={view.chosen !== null} />
      </div>
      {unmergedCost(view.recipe?.method) && (
        <p className="front-note">
          Unmerged cost: the adapter counts beside the weights. Once merged, all ranks cost the same.
        </p>
      )}
      <div className="front-area">
        <div className="chart-area" ref={ref} aria-hidden="true">
          {width > 0 && height > 0 && (
            <Plot
              x={x}
              y={y}
              cost={unmergedCost(view.recipe?.method) ? 'MACs a token, unmerged' : 'MACs a token'}
              metric={view.metric}
              heuristic={view.heuristicScore}
              width={width}
              height={height}
            >
              {layer}
            </Plot>
          )}
        </div>
        <FrontKeys view={view} cursor={cursor} onCursor={setCursor} />
        {next !== null && <p className="front-next">{next}</p>}
      </div>
    </div>
  );
}

function useAxes(view: SessionView, width: number): { x: Axis; y: Axis } {
  const macs = view.points.map((point) => point.macs);
  const scores = scoresInSight(view);
  const least = view.front.length > 0 ? 0.1 : 0.2;
  const y = view.metric === 'accuracy' ? axisOver(scores, 5, [0, 1], least) : perplexityAxis(scores, 5);
  return {
    x: useStable(axisOver(macs, width < wide ? 4 : 8, [0, Infinity], view.maximalMacs * 0.2)),
    y: useStable(y),
  };
}

/** The same object for as long as it says the same, so that the plot is only drawn again when its axes change. */
function useStable(axis: Axis): Axis {
  const said = JSON.stringify(axis);
  return useMemo(() => JSON.parse(said) as Axis, [said]);
}

interface PlotProps {
  x: Axis;
  y: Axis;
  /** What the horizontal axis counts. */
  cost: string;
  metric: SessionView['metric'];
  heuristic: number | null;
  width: number;
  height: number;
  children: ReactNode;
}

const nothing = () => <g />;
const percentTick = (score: number): string => `${Math.round(score * 1000) / 10} %`;
const perplexityTick = (score: number): string =>
  score > 0 ? String(Number((1 / score).toPrecision(4))) : '∞';
/** The heuristic's name stands beside the plot where there is room for it. */
const wide = 480;
const margins = {
  wide: { top: 8, right: 58, bottom: 0, left: 0 },
  narrow: { top: 8, right: 18, bottom: 0, left: 0 },
};

const Plot = memo(function Plot({ x, y, cost, metric, heuristic, width, height, children }: PlotProps) {
  // Axes only appear with a graphical item; FrontLayer draws, so this one holds the domain and shows nothing.
  const corners = useMemo(() => x.domain.map((macs, index) => ({ macs, score: y.domain[index] })), [x, y]);
  const accuracy = metric === 'accuracy';
  return (
    <ScatterChart
      width={width}
      height={height}
      margin={width < wide ? margins.narrow : margins.wide}
      accessibilityLayer={false}
    >
      <CartesianGrid />
      <XAxis
        type="number"
        dataKey="macs"
        {...x}
        interval={0}
        tickFormatter={compactTick}
        tickLine={false}
        height={40}
        label={{ value: cost, position: 'insideBottom', offset: 4 }}
      />
      <YAxis
        type="number"
        dataKey="score"
        {...y}
        interval={0}
        tickFormatter={accuracy ? percentTick : perplexityTick}
        tickLine={false}
        axisLine={false}
        width={64}
        label={{
          value: accuracy ? 'Accuracy' : 'Perplexity',
          angle: -90,
          position: 'insideLeft',
          offset: 8,
          style: { textAnchor: 'middle' },
        }}
      />
      {heuristic !== null && (
        <ReferenceLine
          className="heuristic-line"
          y={heuristic}
          label={{ value: 'heuristic', position: width < wide ? 'insideBottomRight' : 'right' }}
        />
      )}
      <Scatter data={corners} shape={nothing} isAnimationActive={false} />
      {children}
    </ScatterChart>
  );
});
