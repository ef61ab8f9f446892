import { useStore } from 'zustand';
import { stages as allStages } from '../../session/events.ts';
import type { Stage } from '../../session/events.ts';
import { integer, percent, roughly } from '../../session/format.ts';
import { isActive, timeLeft } from '../../session/view.ts';
import type { StageView } from '../../session/view.ts';
import { recipeStore } from '../../state/recipe.ts';
import { sessionStore } from '../../state/session.ts';
import { stageTitles } from './statusText.ts';

/** The stages in order, the current one's progress, and how long it will take. */
export function Stages() {
  const view = useStore(sessionStore, (state) => state.view);
  const planned = useStore(recipeStore, (state) => state.recipe);
  const recipe = view.recipe ?? planned;
  const current = view.stages.at(-1);
  const left = timeLeft(view);
  const shown = allStages.filter(
    (stage) =>
      view.stages.some((seen) => seen.stage === stage) ||
      isPlanned(stage, view.status === 'finished', recipe.search !== null),
  );
  return (
    <>
      <ol className="stages">
        {shown.map((stage) => (
          <li key={stage} data-state={stateOf(stage, view.stages, view.status === 'finished')}>
            {stageTitles[stage]}
          </li>
        ))}
      </ol>
      {current && isActive(view) && <Progress stage={current} left={left} />}
      {view.error && (
        <p className="refusal">
          <strong>{view.error.message}</strong> {view.error.remedy}
        </p>
      )}
    </>
  );
}

/** Calibration only shows once it comes; a finished run shows what it went through. */
const isPlanned = (stage: Stage, finished: boolean, searches: boolean): boolean =>
  !finished && stage !== 'calibrate' && (stage !== 'search' || searches);

function stateOf(stage: Stage, seen: readonly StageView[], finished: boolean): 'done' | 'current' | 'coming' {
  const index = seen.findIndex((candidate) => candidate.stage === stage);
  if (index === -1) return 'coming';
  return finished || index < seen.length - 1 ? 'done' : 'current';
}

function Progress({ stage, left }: { stage: StageView; left: number | null }) {
  const share = stage.total > 0 ? Math.min(1, stage.done / stage.total) : 0;
  const count = `${integer(stage.done)} of ${integer(stage.total)}`;
  return (
    <div className="progress-row">
      <div
        className="progress"
        role="progressbar"
        aria-label={stageTitles[stage.stage]}
        aria-valuemin={0}
        aria-valuemax={stage.total}
        aria-valuenow={Math.min(stage.done, stage.total)}
        aria-valuetext={count}
      >
        <span style={{ width: percent(share).replace(' ', '') }} />
      </div>
      <p className="progress-text">
        <span>{count}</span>
        <span>{left === null ? '' : `${roughly(left)} left in this stage`}</span>
      </p>
    </div>
  );
}
