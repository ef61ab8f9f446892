import { memo, useDeferredValue, useMemo } from 'react';
import { integer, scoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { ChartTable } from './ChartTable.tsx';
import { markTitles } from './marks.ts';

interface Props {
  view: SessionView;
  visible: boolean;
}

const head = ['#', 'MACs a token', 'Score', 'Generation', 'Kind', 'Choice'] as const;

/** All scored points as rows. It lags behind the chart rather than holding it up. */
export const FrontTable = memo(function FrontTable({ view, visible }: Props) {
  const { points, groups, metric } = useDeferredValue(view);
  const chosen = view.chosen?.index ?? null;
  const rows = useMemo(
    () =>
      points.map((point) => ({
        key: point.index,
        cells: cellsOf(point, metric, visible && isCandidate(point, groups), chosen),
      })),
    [points, groups, metric, visible, chosen],
  );
  return (
    <ChartTable
      name="Pareto front data"
      head={visible ? head : head.slice(0, 5)}
      rows={rows}
      visible={visible}
    />
  );
});

function cellsOf(point: Point, metric: SessionView['metric'], pickable: boolean, chosen: number | null) {
  const kind = point.tag ? markTitles[point.tag] : point.dominated ? 'Dominated' : 'On the front';
  const cells = [
    point.index + 1,
    integer(point.macs),
    scoreText(point.score, metric),
    point.generation,
    kind,
  ];
  if (!pickable) return cells;
  const pick = (
    <button
      type="button"
      className="quiet small"
      aria-label={`Choose number ${point.index + 1}`}
      onClick={() => void choosePoint(point.index)}
    >
      {point.index === chosen ? 'Chosen' : 'Choose'}
    </button>
  );
  return [...cells, pick];
}
