import { useMemo } from 'react';
import { CartesianGrid, Line, LineChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import { thin } from '../../session/thinLosses.ts';
import { isActive } from '../../session/view.ts';
import type { LossPoint } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { axisOver, axisWithin, compactTicks, evenTicks } from '../../session/plot/axis.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartTable } from './ChartTable.tsx';

const mostPoints = 240;
/** Weight of the past in the bold line: the single steps behind it are noisy. */
const smoothing = 0.9;

interface Smoothed extends LossPoint {
  smooth: number;
}

function smooth(losses: readonly LossPoint[]): Smoothed[] {
  let average = losses[0]?.loss ?? 0;
  const strength = Math.min(smoothing, 1 - 1 / Math.max(1, losses.length / 8));
  return losses.map((point) => {
    average = strength * average + (1 - strength) * point.loss;
    return { ...point, smooth: average };
  });
}

export default function LossChart() {
  const losses = useStore(sessionStore, ({ view }) => view.losses);
  const planned = useStore(
    sessionStore,
    ({ view }) => (isActive(view) ? view.recipe?.training.steps : 0) ?? 0,
  );
  const data = useMemo(() => smooth(thin(losses, mostPoints)), [losses]);
  const rows = useMemo(() => data.map(rowOf), [data]);
  const last = data.at(-1);
  return (
    <ChartFrame
      title="Loss"
      {...(last ? { reading: last.smooth.toPrecision(3) } : {})}
      renderChart={(size) => <Curve {...size} data={data} steps={planned} />}
      renderTable={(visible) => (
        <ChartTable name="Loss data" head={tableHead} rows={rows} visible={visible} />
      )}
    />
  );
}

const rowOf = ({ step, loss, smooth: mean }: Smoothed) => ({
  key: step,
  cells: [integer(step), loss.toPrecision(4), mean.toPrecision(4)],
});

const tableHead = ['Step', 'Loss', 'Smoothed'];

interface CurveProps {
  width: number;
  height: number;
  data: Smoothed[];
  /** The steps that there will be; the curve grows into the room for them. */
  steps: number;
}

function Curve({ width, height, data, steps }: CurveProps) {
  const last = Math.max(steps, (data.at(-1)?.step ?? 0) + 1);
  const x = axisWithin(0, last, Math.max(2, Math.round(width / 70)), true);
  const y = axisOver(
    data.map((point) => point.loss),
    2,
    [0, Infinity],
  );
  const line = { isAnimationActive: false, dot: false, activeDot: false } as const;
  return (
    <LineChart
      width={width}
      height={height}
      data={data}
      margin={{ top: 8, right: 20, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} />
      <XAxis
        dataKey="step"
        type="number"
        {...x}
        interval={0}
        tickFormatter={last < 10_000 ? String : compactTicks(x.ticks)}
        tickLine={false}
        height={20}
      />
      <YAxis
        {...y}
        interval={0}
        tickFormatter={evenTicks(y.ticks)}
        width={32}
        tickLine={false}
        axisLine={false}
      />
      <Line dataKey="loss" className="line-raw" {...line} />
      <Line dataKey="smooth" className="line-smooth" {...line} />
    </LineChart>
  );
}
