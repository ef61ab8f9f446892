import { useMemo, useState } from 'react';
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { compact, scoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { sessionStore } from '../../state/session.ts';
import { axisOver } from './axis.ts';
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
  const shownIndex = hovered?.index ?? inspected ?? view.chosen?.index ?? null;
  const shown = shownIndex === null ? undefined : view.points[shownIndex];
  const canPick = (point: Point) => isCandidate(point, view.groups);
  return (
    <div className="front-chart">
      <p className="front-reading">{shown ? pointText(shown, view) : invitation(view)}</p>
      <div className="front-area">
        <div className="chart-area" ref={ref} aria-hidden="true">
          {width > 0 && height > 0 && (
            <Plot view={view} width={width} height={height}>
              <FrontLayer
                points={view.points}
                front={view.front}
                inspected={inspected}
                chosen={view.chosen?.index ?? null}
                cursor={cursor}
                canPick={canPick}
                onPick={(point) => void choosePoint(point.index)}
                onHover={setHovered}
              />
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
    : 'The base model before any training. Sub-networks follow once the adapters are trained.';

const nothing = () => <g />;

interface PlotProps {
  view: SessionView;
  width: number;
  height: number;
  children: React.ReactNode;
}

function Plot({ view, width, height, children }: PlotProps) {
  const { points, heuristicScore, metric, maximalMacs } = view;
  const x = useMemo(
    () =>
      axisOver(
        points.map((point) => point.macs),
        width < 480 ? 4 : 6,
        [0, Infinity],
        maximalMacs * 0.2,
      ),
    [points, maximalMacs, width],
  );
  const y = useMemo(
    () =>
      axisOver(
        [...points.map((point) => point.score), ...(heuristicScore === null ? [] : [heuristicScore])],
        5,
        [0, 1],
        0.2,
      ),
    [points, heuristicScore],
  );
  // Axes only appear with a graphical item; FrontLayer draws, so this one holds the domain and shows nothing.
  const corners = useMemo(() => x.domain.map((macs, index) => ({ macs, score: y.domain[index] })), [x, y]);
  return (
    <ScatterChart
      width={width}
      height={height}
      margin={{ top: 8, right: 16, bottom: 18, left: 14 }}
      accessibilityLayer={false}
    >
      <CartesianGrid />
      <XAxis
        type="number"
        dataKey="macs"
        domain={x.domain}
        ticks={x.ticks}
        tickFormatter={compact}
        tickLine={false}
        height={24}
        label={{ value: 'MACs a token', position: 'insideBottom', offset: -12 }}
      />
      <YAxis
        type="number"
        dataKey="score"
        domain={y.domain}
        ticks={y.ticks}
        tickFormatter={(score: number) =>
          metric === 'accuracy' ? `${Math.round(score * 1000) / 10} %` : scoreText(score, metric)
        }
        tickLine={false}
        axisLine={false}
        width={46}
        label={{
          value: metric === 'accuracy' ? 'Accuracy' : 'Perplexity',
          angle: -90,
          position: 'insideLeft',
          offset: -4,
        }}
      />
      {heuristicScore !== null && (
        <ReferenceLine
          className="heuristic-line"
          y={heuristicScore}
          label={{ value: 'heuristic', position: 'insideBottomRight' }}
        />
      )}
      <Scatter data={corners} shape={nothing} isAnimationActive={false} />
      {children}
    </ScatterChart>
  );
}
