import { CartesianGrid, Line, LineChart, XAxis, YAxis } from 'recharts';
import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import type { HypervolumePoint } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { axisOver } from './axis.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { ChartTable } from './ChartTable.tsx';

/** How much of the accuracy-vs-MACs plane the front has won so far; it never falls, and flattens when it is done. */
export default function HypervolumeChart() {
  const series = useStore(sessionStore, ({ view }) => view.hypervolume);
  const last = series.at(-1);
  return (
    <ChartFrame
      title="Hypervolume"
      {...(last ? { reading: last.hypervolume.toPrecision(4) } : {})}
      renderChart={(size) => <Curve {...size} data={series} />}
      renderTable={(visible) => (
        <ChartTable
          name="Hypervolume data"
          head={['Generation', 'Scored', 'Hypervolume']}
          rows={series.map(({ generation, evaluations, hypervolume }) => ({
            key: generation,
            cells: [generation, integer(evaluations), hypervolume.toPrecision(5)],
          }))}
          visible={visible}
        />
      )}
    />
  );
}

function Curve({
  width,
  height,
  data,
}: {
  width: number;
  height: number;
  data: readonly HypervolumePoint[];
}) {
  const last = Math.max(1, data.at(-1)?.generation ?? 1);
  const x = axisOver([0, last], 4).ticks.filter(
    (tick) => tick >= 0 && tick <= last && Number.isInteger(tick),
  );
  const y = axisOver(
    data.map((point) => point.hypervolume),
    3,
    [0, Infinity],
  );
  return (
    <LineChart
      width={width}
      height={height}
      data={[...data]}
      margin={{ top: 6, right: 10, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} />
      <XAxis dataKey="generation" type="number" domain={[0, last]} ticks={x} tickLine={false} height={20} />
      <YAxis
        domain={y.domain}
        ticks={y.ticks}
        tickFormatter={(value: number) => String(Number(value.toPrecision(3)))}
        width={40}
        tickLine={false}
        axisLine={false}
      />
      <Line
        dataKey="hypervolume"
        type="stepAfter"
        className="line-smooth"
        isAnimationActive={false}
        dot={data.length < 30 ? { r: 1.8 } : false}
        activeDot={false}
      />
    </LineChart>
  );
}
