import { memo, useDeferredValue } from 'react';
import { integer, scoreText } from '../../session/format.ts';
import { isCandidate } from '../../session/view.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { choosePoint } from '../../state/run.ts';
import { markOf, markTitles } from './marks.ts';
import { thirdText, thirdTitles } from './pointText.ts';

interface Props {
  view: SessionView;
  /** Otherwise it is there for screen readers only, and has nothing to press. */
  visible: boolean;
}

/** All scored points as rows. It lags behind the chart rather than holding it up; a row is made once. */
export const FrontTable = memo(function FrontTable({ view, visible }: Props) {
  const { points, groups, metric, chosen, recipe } = useDeferredValue(view);
  const objective = recipe?.search?.third ?? null;
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
            {objective !== null && <th scope="col">{thirdTitles[objective]}</th>}
            {visible && <th scope="col">Choice</th>}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <Row
              key={point.index}
              point={point}
              metric={metric}
              {...(objective === null ? {} : { third: thirdText(point, objective) })}
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
    <tr>
      <td>{number}</td>
      <td>{integer(point.macs)}</td>
      <td>{scoreText(point.score, metric)}</td>
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
