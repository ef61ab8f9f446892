import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import type { Ceilings, RooflinePoint } from '../../backends/measure/roofline.ts';

interface Props {
  width: number;
  height: number;
  points: readonly RooflinePoint[];
  ceilings: Ceilings;
}

/** Kernels under what the device can do, both axes logarithmic: the data are logarithms, the ticks powers of ten. */
export default function RooflineChart({ width, height, points, ceilings }: Props) {
  const { arithmetic, copy } = ceilings;
  const x = decades(points.map(({ intensity }) => intensity));
  const y = decades([...points.map(({ rate }) => rate), arithmetic]);
  const roof = (intensity: number) => Math.log10(Math.min(arithmetic, 10 ** intensity * copy));
  const knee = Math.log10(arithmetic / copy);
  const bends = [x.domain[0], ...(knee > x.domain[0] && knee < x.domain[1] ? [knee] : []), x.domain[1]];
  const data = points.map(({ intensity, rate }) => ({ x: Math.log10(intensity), y: Math.log10(rate) }));
  return (
    <ScatterChart
      width={width}
      height={height}
      margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid />
      <XAxis
        type="number"
        dataKey="x"
        {...x}
        interval={0}
        tickFormatter={power}
        tickLine={false}
        height={38}
        label={{ value: 'FLOP a byte', position: 'insideBottom', offset: 4 }}
      />
      <YAxis
        type="number"
        dataKey="y"
        {...y}
        interval={0}
        tickFormatter={power}
        tickLine={false}
        axisLine={false}
        width={56}
        label={{ value: 'GFLOP/s', angle: -90, position: 'insideLeft', offset: 8 }}
      />
      {bends.slice(1).map((to, index) => {
        const from = bends[index]!;
        const segment = [
          { x: from, y: roof(from) },
          { x: to, y: roof(to) },
        ] as const;
        return <ReferenceLine key={to} className="roof-line" segment={segment} ifOverflow="hidden" />;
      })}
      <Scatter data={data} shape={dot} isAnimationActive={false} />
    </ScatterChart>
  );
}

const dot = ({ cx, cy }: { cx?: number | undefined; cy?: number | undefined }) => (
  <circle className="roof-point" cx={cx ?? 0} cy={cy ?? 0} r={4} />
);

const power = (exponent: number): string => String(Number((10 ** exponent).toPrecision(1)));

/** Whole powers of ten around the values, as exponents. */
function decades(values: readonly number[]): { domain: [number, number]; ticks: number[] } {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return { domain: [low, high], ticks: Array.from({ length: high - low + 1 }, (_, i) => low + i) };
}
