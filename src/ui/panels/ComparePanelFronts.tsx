import { Suspense, lazy, useMemo, useState } from 'react';
import { integer, scoreText } from '../../session/format.ts';
import type { SessionView } from '../../session/view.ts';
import type { ComparedSession } from '../../state/compare.ts';
import { TableSwitch } from '../charts/ChartFrame.tsx';
import { ChartTable } from '../charts/ChartTable.tsx';
import { markPath } from '../../session/plot/marks.ts';
import { isChosen, seriesOf, stopsOf } from '../charts/overlaySeries.ts';
import type { Series } from '../charts/overlaySeries.ts';
import '../charts/charts.css';

const OverlayChart = lazy(() => import('../charts/OverlayChart.tsx'));

/** One chart for each metric: accuracies and perplexities have no axis in common. */
export function ComparedFronts({ sessions }: { sessions: readonly ComparedSession[] }) {
  const series = useMemo(() => seriesOf(sessions), [sessions]);
  const metrics = [...new Set(series.map(({ view }) => view.metric))];
  return metrics.map((metric) => (
    <Fronts
      key={metric}
      title={metrics.length > 1 ? `Fronts compared, ${metric}` : 'Fronts compared'}
      metric={metric}
      series={series.filter(({ view }) => view.metric === metric)}
    />
  ));
}

interface Props {
  title: string;
  metric: SessionView['metric'];
  series: readonly Series[];
}

function Fronts({ title, metric, series }: Props) {
  const [asTable, setAsTable] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => series.filter(({ id }) => !hidden.has(id)), [series, hidden]);
  const toggle = (id: string) => {
    setHidden((old) =>
      old.has(id) ? new Set([...old].filter((other) => other !== id)) : new Set([...old, id]),
    );
  };
  const warning = incomparable(series);
  return (
    <div className="compared-fronts" role="group" aria-label={title}>
      <div className="chart-head">
        <h3>{title}</h3>
        <TableSwitch title={title} on={asTable} onChange={setAsTable} />
      </div>
      <Legend series={series} hidden={hidden} onToggle={toggle} />
      {warning && <p className="hint">{warning}</p>}
      {!asTable && (
        <Suspense fallback={<div className="chart-waiting" />}>
          <OverlayChart series={shown} metric={metric} />
        </Suspense>
      )}
      <ChartTable
        name={`${title} data`}
        head={['Session', 'MACs a token', metric === 'accuracy' ? 'Accuracy' : 'Perplexity', 'Chosen']}
        rows={shown.flatMap((each) =>
          stopsOf([each]).map((stop) => ({
            key: `${each.id} ${stop.point.index}`,
            cells: [
              each.name,
              integer(stop.point.macs),
              scoreText(stop.point.score, metric),
              isChosen(stop) ? 'chosen' : '',
            ],
          })),
        )}
        visible={asTable}
      />
    </div>
  );
}

interface LegendProps {
  series: readonly Series[];
  hidden: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

function Legend({ series, hidden, onToggle }: LegendProps) {
  return (
    <fieldset className="overlay-legend">
      <legend className="sr-only">Fronts shown</legend>
      {series.map(({ id, name, hue, shape, view }) => (
        <label key={id}>
          <input type="checkbox" checked={!hidden.has(id)} onChange={() => onToggle(id)} />
          <svg className={hue} viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">
            <path className="overlay-mark" d={markPath(shape)} />
          </svg>
          {name}
          {view.front.length === 0 && <span className="soft"> (no front yet)</span>}
        </label>
      ))}
    </fieldset>
  );
}

/** Where a higher point need not be the better one; null where it is. */
function incomparable(series: readonly Series[]): string | null {
  const differs = (fact: (view: SessionView) => string | undefined) =>
    new Set(series.map(({ view }) => fact(view))).size > 1;
  if (differs(({ data }) => data?.sha256))
    return 'They were scored on different data, so their heights cannot be compared.';
  if (differs(({ data, recipe }) => `${data?.validation} ${recipe?.seed} ${recipe?.maxLength}`))
    return 'They were scored on different examples of the same data (another seed or split): small differences in height mean nothing.';
  return null;
}
