import { useStore } from 'zustand';
import { stages as allStages } from '../../session/events.ts';
import type { Stage } from '../../session/events.ts';
import { integer, roughly } from '../../session/format.ts';
import { isActive, timeLeft } from '../../session/view.ts';
import type { SessionView, StageView } from '../../session/view.ts';
import { recipeStore } from '../../state/recipe.ts';
import { sessionStore } from '../../state/session.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { isBaseline, stageTitles } from './statusText.ts';

/** The stages in order, and where the run is among them. */
export function Stages() {
  const view = useStore(sessionStore, (state) => state.view);
  const planned = useStore(recipeStore, (state) => state.recipe);
  const recipe = view.recipe ?? planned;
  if (view.status === 'finished') return null;
  const shown = allStages.filter(
    (stage) =>
      view.stages.some((seen) => seen.stage === stage) ||
      (stage !== 'calibrate' && (stage !== 'search' || recipe.search !== null)),
  );
  return (
    <ol className="stages">
      {shown.map((stage) => (
        <li key={stage} data-state={stateOf(stage, view)}>
          {stageTitles[stage]}
        </li>
      ))}
    </ol>
  );
}

/** How far the current stage is, and how long it will take; or why there is no more. */
export function StageProgress() {
  const view = useStore(sessionStore, (state) => state.view);
  const current = view.stages.at(-1);
  if (view.error) {
    return (
      <p className="refusal">
        <strong>{view.error.message}</strong> {view.error.remedy}
      </p>
    );
  }
  return current && isActive(view) ? <Progress stage={current} left={timeLeft(view)} /> : null;
}

/** The baseline is trained after the search: its training is a part of what leads to the results. */
function stateOf(stage: Stage, view: SessionView): 'done' | 'current' | 'coming' {
  const seen = view.stages.map((each) => each.stage);
  if (!seen.includes(stage)) return stage === 'test' && isBaseline(view) ? 'current' : 'coming';
  return seen.at(-1) === stage && !isBaseline(view) ? 'current' : 'done';
}

function Progress({ stage, left }: { stage: StageView; left: number | null }) {
  const count = `${integer(stage.done)} of ${integer(stage.total)}`;
  return (
    <div className="progress-row">
      <ProgressBar label={stageTitles[stage.stage]} done={stage.done} total={stage.total} text={count} />
      <p className="progress-text">
        <span>{count}</span>
        <span>{left === null ? '' : `${roughly(left)} left in this stage`}</span>
      </p>
    </div>
  );
}
