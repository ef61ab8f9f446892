import { memo } from 'react';
import type { Point } from '../../session/view.ts';
import { markOf, markPath, markTitles } from './marks.ts';
import type { Mark } from './marks.ts';

const order: readonly Mark[] = [
  'front',
  'dominated',
  'infeasible',
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
}

/** Only the marks that are on the chart. */
export const FrontLegend = memo(function FrontLegend({ points, hasChosen }: Props) {
  const present = new Set<Mark>(points.map(markOf));
  return (
    <ul className="legend">
      {order
        .filter((mark) => present.has(mark))
        .map((mark) => (
          <li key={mark}>
            <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
              <path className={`mark ${mark}`} d={markPath(mark)} />
            </svg>
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
