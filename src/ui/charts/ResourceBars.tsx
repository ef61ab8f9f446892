import { Bar, BarChart, XAxis, YAxis } from 'recharts';
import type { Axis } from '../../session/plot/axis.ts';
import { axisHeight } from './barsHeight.ts';

interface Series {
  /** Names the row's value, and its colour (`bar-<name>`). */
  name: string;
  title: string;
}

interface Props {
  width: number;
  height: number;
  rows: readonly ({ label: string } & Record<string, string | number>)[];
  series: readonly Series[];
  /** Of the longest bar. */
  axis: (most: number) => Axis;
  tick: (value: number) => string;
}

/** Stacked bars, one a stage. */
export default function ResourceBars({ width, height, rows, series, axis, tick }: Props) {
  const most = rows.reduce(
    (highest, row) =>
      Math.max(
        highest,
        series.reduce((sum, { name }) => sum + Number(row[name] ?? 0), 0),
      ),
    0,
  );
  const x = axis(most);
  return (
    <BarChart
      width={width}
      height={height}
      data={[...rows]}
      layout="vertical"
      barSize={11}
      margin={{ top: 2, right: 26, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <XAxis type="number" {...x} interval={0} tickFormatter={tick} tickLine={false} height={axisHeight} />
      <YAxis type="category" dataKey="label" width={74} tickLine={false} axisLine={false} interval={0} />
      {series.map(({ name }) => (
        <Bar key={name} dataKey={name} stackId="all" className={`bar-${name}`} isAnimationActive={false} />
      ))}
    </BarChart>
  );
}
