import { memo, useMemo } from 'react';
import type { ReactNode } from 'react';
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import type { SessionView } from '../../session/view.ts';
import { compactTicks, percentTicks } from '../../session/plot/axis.ts';
import type { Axis } from '../../session/plot/axis.ts';

interface Props {
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
const perplexityTick = (score: number): string =>
  score > 0 ? String(Number((1 / score).toPrecision(6))) : '∞';
/** Pixels: the heuristic's name stands beside the plot where there is room for it. */
export const wide = 480;
const margins = {
  wide: { top: 8, right: 58, bottom: 0, left: 0 },
  narrow: { top: 8, right: 18, bottom: 0, left: 0 },
};

/** The axes of the front chart, with what is drawn on them as children. */
export const FrontPlot = memo(function FrontPlot(props: Props) {
  const { x, y, cost, metric, heuristic, width, height, children } = props;
  // Axes only appear with a graphical item; FrontLayer draws, so this one holds the domain and shows nothing.
  const corners = useMemo(() => x.domain.map((macs, index) => ({ macs, score: y.domain[index] })), [x, y]);
  const accuracy = metric === 'accuracy';
  const inSight = heuristic !== null && heuristic >= y.domain[0] && heuristic <= y.domain[1];
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
        tickFormatter={compactTicks(x.ticks)}
        tickLine={false}
        height={40}
        label={{ value: cost, position: 'insideBottom', offset: 4 }}
      />
      <YAxis
        type="number"
        dataKey="score"
        {...y}
        interval={0}
        tickFormatter={accuracy ? percentTicks(y.ticks) : perplexityTick}
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
      {inSight && (
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
