import { memo } from 'react';
import type { Point } from '../../session/view.ts';
import { ageColour, ages } from './crowd.ts';
import { crowdMarks, markOf, markPath, markTitles } from '../../session/plot/marks.ts';
import type { Mark } from '../../session/plot/marks.ts';

const order: readonly Mark[] = [
  'front',
  ...crowdMarks,
  'heuristic',
  'maximal',
  'minimal',
  'lora',
  'untuned',
  'untuned-dense',
];

interface Props {
  points: readonly Point[];
  hasChosen: boolean;
  /** More than one: dominated points are coloured by theirs. */
  generations: number;
}

/** Only the marks that are on the chart. */
export const FrontLegend = memo(function FrontLegend({ points, hasChosen, generations }: Props) {
  const present = new Set<Mark>(points.map(markOf));
  return (
    <ul className="legend">
      {order
        .filter((mark) => present.has(mark))
        .map((mark) => (
          <li key={mark}>
            {mark === 'dominated' && generations > 1 ? <Ages /> : <Sign mark={mark} />}
            {markTitles[mark]}
          </li>
        ))}
      {hasChosen && (
        <li>
          <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
            <circle className="ring-chosen" r="6" />
          </svg>
          Chosen
        </li>
      )}
    </ul>
  );
});

function Sign({ mark }: { mark: Mark }) {
  return (
    <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
      <path className={`mark ${mark}`} d={markPath(mark)} />
    </svg>
  );
}

/** From the first generation to the last. */
function Ages() {
  return (
    <svg viewBox="-7 -8 34 16" width="30" height="14">
      <title>From the first generation to the last</title>
      {[0, (ages - 1) / 2, ages - 1].map((age, place) => (
        <circle key={age} cx={place * 10} r="3" style={{ fill: ageColour(age) }} />
      ))}
    </svg>
  );
}
