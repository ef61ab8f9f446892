import { memo, useCallback, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { compact, scoreText } from '../../session/format.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { axisOver } from './axis.ts';
import type { Axis } from './axis.ts';
import { FrontKeys } from './FrontKeys.tsx';
import { FrontLayer } from './FrontLayer.tsx';
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
  const shownIndex = hovered?.index ?? inspected ?? view.chosen?.index ?? null;
  const shown = shownIndex === null ? undefined : view.points[shownIndex];
  const hover = useCallback((point: Point | null) => setHovered(point), []);
  const layer = useMemo(() => <FrontLayer cursor={cursor} onHover={hover} />, [cursor, hover]);
  return (
    <div className="front-chart">
      <p className="front-reading">{shown ? pointText(shown, view) : invitation(view)}</p>
      <div className="front-area">
        <div className="chart-area" ref={ref} aria-hidden="true">
          {width > 0 && height > 0 && (
            <Plot
              x={x}
              y={y}
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
      </div>
    </div>
  );
}

const invitation = ({ front }: SessionView): string =>
  front.length > 0
    ? 'Each dot is one sub-network. Click one, or use the arrow keys.'
    : 'The base model before any training. Sub-networks follow later.';

function useAxes({ points, heuristicScore, maximalMacs }: SessionView, width: number): { x: Axis; y: Axis } {
  const macs = points.map((point) => point.macs);
  const scores = points.map((point) => point.score);
  if (heuristicScore !== null) scores.push(heuristicScore);
  return {
    x: useStable(axisOver(macs, width < 480 ? 4 : 6, [0, Infinity], maximalMacs * 0.2)),
    y: useStable(axisOver(scores, 5, [0, 1], 0.2)),
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
  metric: SessionView['metric'];
  heuristic: number | null;
  width: number;
  height: number;
  children: ReactNode;
}

const nothing = () => <g />;
const margin = { top: 8, right: 16, bottom: 18, left: 14 };

const Plot = memo(function Plot({ x, y, metric, heuristic, width, height, children }: PlotProps) {
  // Axes only appear with a graphical item; FrontLayer draws, so this one holds the domain and shows nothing.
  const corners = useMemo(() => x.domain.map((macs, index) => ({ macs, score: y.domain[index] })), [x, y]);
  const accuracy = metric === 'accuracy';
  return (
    <ScatterChart width={width} height={height} margin={margin} accessibilityLayer={false}>
      <CartesianGrid />
      <XAxis
        type="number"
        dataKey="macs"
        {...x}
        tickFormatter={compact}
        tickLine={false}
        height={24}
        label={{ value: 'MACs a token', position: 'insideBottom', offset: -12 }}
      />
      <YAxis
        type="number"
        dataKey="score"
        {...y}
        tickFormatter={(score: number) =>
          accuracy ? `${Math.round(score * 1000) / 10} %` : scoreText(score, metric)
        }
        tickLine={false}
        axisLine={false}
        width={46}
        label={{
          value: accuracy ? 'Accuracy' : 'Perplexity',
          angle: -90,
          position: 'insideLeft',
          offset: -4,
        }}
      />
      {heuristic !== null && (
        <ReferenceLine
          className="heuristic-line"
          y={heuristic}
          label={{ value: 'heuristic', position: 'insideBottomRight' }}
        />
      )}
      <Scatter data={corners} shape={nothing} isAnimationActive={false} />
      {children}
    </ScatterChart>
  );
});
