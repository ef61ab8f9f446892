import { useMemo } from 'react';
import { CartesianGrid, Line, LineChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import { isActive } from '../../session/view.ts';
import type { HypervolumePoint } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { axisOver, axisWithin, evenTicks } from '../../session/plot/axis.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartTable } from './ChartTable.tsx';

/** How much of the accuracy-vs-MACs plane the front has won so far; it never falls, and flattens when it is done. */
export default function HypervolumeChart() {
  const series = useStore(sessionStore, ({ view }) => view.hypervolume);
  const last = series.at(-1);
  const planned = useStore(sessionStore, ({ view }) => {
    const search = isActive(view) ? view.recipe?.search : null;
    return search ? Math.ceil(search.evaluations / search.population) : 0;
  });
  const rows = useMemo(() => series.map(rowOf), [series]);
  return (
    <ChartFrame
      title="Hypervolume"
      {...(last ? { reading: last.hypervolume.toPrecision(3) } : {})}
      renderChart={(size) => <Curve {...size} data={series} generations={planned} />}
      renderTable={(visible) => (
        <ChartTable name="Hypervolume data" head={tableHead} rows={rows} visible={visible} />
      )}
    />
  );
}

const rowOf = ({ generation, evaluations, hypervolume }: HypervolumePoint) => ({
  key: generation,
  cells: [generation, integer(evaluations), hypervolume.toPrecision(5)],
});

const tableHead = ['Generation', 'Scored', 'Hypervolume'];

interface CurveProps {
  width: number;
  height: number;
  data: readonly HypervolumePoint[];
  /** That there will be. */
  generations: number;
}

function Curve({ width, height, data, generations }: CurveProps) {
  const first = data[0]?.generation ?? 0;
  const last = Math.max(first + 1, generations, data.at(-1)?.generation ?? 0);
  const x = axisWithin(first, last, Math.max(2, Math.round(width / 50)), true);
  const values = data.map((point) => point.hypervolume);
  const y = axisOver(values, 2, [0, Infinity], Math.max(...values) * 0.05);
  return (
    <LineChart
      width={width}
      height={height}
      data={[...data]}
      margin={{ top: 8, right: 14, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} />
      <XAxis dataKey="generation" type="number" {...x} interval={0} tickLine={false} height={20} />
      <YAxis
        {...y}
        interval={0}
        tickFormatter={evenTicks(y.ticks)}
        width={60}
        tickLine={false}
        axisLine={false}
      />
      <Line
        dataKey="hypervolume"
        type="stepAfter"
        className="line-smooth"
        isAnimationActive={false}
        dot={data.length < 30 ? { r: 2.5 } : false}
        activeDot={false}
      />
    </LineChart>
  );
}
