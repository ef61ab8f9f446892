import { memo, useDeferredValue, useState } from 'react';
import { integer, pointScoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { chooseOrInspect } from '../../state/deviceUse.ts';
import { markOf, markTitles } from '../../session/plot/marks.ts';
import { thirdText, thirdTitles } from './pointText.ts';

interface Props {
  view: SessionView;
  /** Otherwise it is there for screen readers only, and has nothing to press. */
  visible: boolean;
}

/** Rows at a time: a browser lays out all that a table has, whether it is in sight or not. */
const rowsAtOnce = 200;

/** The scored points as rows. It lags behind the chart rather than holding it up; a row is made once. */
export const FrontTable = memo(function FrontTable({ view, visible }: Props) {
  const lagging = useDeferredValue(view);
  const [page, setPage] = useState(0);
  const { points } = lagging;
  const pages = Math.ceil(points.length / rowsAtOnce);
  const first = Math.min(page, pages - 1) * rowsAtOnce;
  const shown = visible ? points.slice(first, first + rowsAtOnce) : outlineOf(points);
  if (!visible) {
    return (
      <div className="sr-only">
        <Table view={lagging} points={shown} choice={false} />
      </div>
    );
  }
  return (
    <>
      <div className="chart-table" tabIndex={0} role="group" aria-label="Pareto front data">
        <Table view={lagging} points={shown} choice />
      </div>
      {pages > 1 && (
        <div className="pager">
          <p className="soft" role="status">
            {integer(first + 1)} to {integer(first + shown.length)} of {integer(points.length)}
          </p>
          <button
            type="button"
            className="quiet small"
            disabled={first === 0}
            onClick={() => setPage(first / rowsAtOnce - 1)}
          >
            Earlier
          </button>
          <button
            type="button"
            className="quiet small"
            disabled={first + rowsAtOnce >= points.length}
            onClick={() => setPage(first / rowsAtOnce + 1)}
          >
            Later
          </button>
        </div>
      )}
    </>
  );
});

/** Of very many, beside the chart: the front, the reference points, and the latest. The visible table has all. */
function outlineOf(points: readonly Point[]): readonly Point[] {
  if (points.length <= rowsAtOnce) return points;
  const latest = points.length - rowsAtOnce / 4;
  return points.filter(({ dominated, tag }, place) => !dominated || tag !== null || place >= latest);
}

interface TableProps {
  view: SessionView;
  points: readonly Point[];
  /** With a button to choose each. */
  choice: boolean;
}

function Table({ view: { points: all, groups, metric, chosen, recipe }, points, choice }: TableProps) {
  const objective = recipe?.search?.third ?? null;
  return (
    <table aria-label="Pareto front data" aria-rowcount={all.length + 1}>
      {points.length < all.length && !choice && (
        <caption>
          The front, the reference points and the latest of {integer(all.length)}; “Pareto front as a table”
          shows all.
        </caption>
      )}
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">MACs a token</th>
          <th scope="col">Score</th>
          <th scope="col">Generation</th>
          <th scope="col">Kind</th>
          {objective !== null && <th scope="col">{thirdTitles[objective]}</th>}
          {choice && <th scope="col">Choice</th>}
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <Row
            key={point.index}
            point={point}
            metric={metric}
            {...(objective === null ? {} : { third: thirdText(point, objective) })}
            choice={choice}
            pickable={choice && isCandidate(point, groups)}
            isChosen={point.index === chosen?.index}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  point: Point;
  metric: SessionView['metric'];
  /** Of the third objective; undefined where the recipe has none. */
  third?: string | null;
  choice: boolean;
  pickable: boolean;
  isChosen: boolean;
}

const Row = memo(function Row({ point, metric, third, choice, pickable, isChosen }: RowProps) {
  const kind = markTitles[markOf(point)];
  const number = point.index + 1;
  return (
    <tr aria-rowindex={number + 1}>
      <td>{number}</td>
      <td>{integer(point.macs)}</td>
      <td>{pointScoreText(point, metric)}</td>
      <td>{point.generation}</td>
      <td>
        {kind}
        {point.tag && point.violation > 0 ? ', infeasible' : ''}
      </td>
      {third !== undefined && <td>{third ?? '–'}</td>}
      {choice && (
        <td>
          {pickable && (
            <button
              type="button"
              className="quiet small"
              aria-label={`Choose number ${number}`}
              onClick={() => void chooseOrInspect(point.index)}
            >
              {isChosen ? 'Chosen' : 'Choose'}
            </button>
          )}
        </td>
      )}
    </tr>
  );
});
