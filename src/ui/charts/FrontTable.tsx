import { memo, useDeferredValue } from 'react';
import { integer, scoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { markTitles } from './marks.ts';

interface Props {
  view: SessionView;
  /** Otherwise it is there for screen readers only, and has nothing to press. */
  visible: boolean;
}

/** All scored points as rows. It lags behind the chart rather than holding it up; a row is made once. */
export const FrontTable = memo(function FrontTable({ view, visible }: Props) {
  const { points, groups, metric, chosen } = useDeferredValue(view);
  return (
    <div
      className={visible ? 'chart-table' : 'sr-only'}
      {...(visible ? { tabIndex: 0, role: 'group', 'aria-label': 'Pareto front data' } : {})}
    >
      <table aria-label="Pareto front data">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">MACs a token</th>
            <th scope="col">Score</th>
            <th scope="col">Generation</th>
            <th scope="col">Kind</th>
            {visible && <th scope="col">Choice</th>}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <Row
              key={point.index}
              point={point}
              metric={metric}
              choice={visible}
              pickable={visible && isCandidate(point, groups)}
              isChosen={point.index === chosen?.index}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
});

interface RowProps {
  point: Point;
  metric: SessionView['metric'];
  choice: boolean;
  pickable: boolean;
  isChosen: boolean;
}

const Row = memo(function Row({ point, metric, choice, pickable, isChosen }: RowProps) {
  const kind = point.tag ? markTitles[point.tag] : point.dominated ? 'Dominated' : 'On the front';
  const number = point.index + 1;
  return (
    <tr>
      <td>{number}</td>
      <td>{integer(point.macs)}</td>
      <td>{scoreText(point.score, metric)}</td>
      <td>{point.generation}</td>
      <td>{kind}</td>
      {choice && (
        <td>
          {pickable && (
            <button
              type="button"
              className="quiet small"
              aria-label={`Choose number ${number}`}
              onClick={() => void choosePoint(point.index)}
            >
              {isChosen ? 'Chosen' : 'Choose'}
            </button>
          )}
        </td>
      )}
    </tr>
  );
});
