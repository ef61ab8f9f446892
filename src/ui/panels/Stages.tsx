import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { stages as allStages } from '../../session/events.ts';
import type { Stage } from '../../session/events.ts';
import { integer } from '../../session/format.ts';
import { isActive } from '../../session/view.ts';
import type { SessionView, StageView } from '../../session/view.ts';
import { recipeStore } from '../../state/recipe.ts';
import { sessionStore } from '../../state/session.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { isBaseline, stageTitles } from './statusText.ts';
import { leftText } from './timeLeft.ts';

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
  const isHere = useStore(sessionStore, ({ origin }) => origin === 'run');
  const current = view.stages.at(-1);
  if (view.error) {
    return (
      <p className="refusal">
        <strong>{view.error.message}</strong> {view.error.remedy}
      </p>
    );
  }
  // A session that broke off stands where it is: nobody works on the rest.
  const left = isHere ? leftText(view) : '';
  return current && isActive(view) ? <Progress stage={current} left={left} /> : null;
}

/** The baseline is trained after the search: its training is a part of what leads to the results. */
function stateOf(stage: Stage, view: SessionView): 'done' | 'current' | 'coming' {
  const seen = view.stages.map((each) => each.stage);
  if (!seen.includes(stage)) return stage === 'test' && isBaseline(view) ? 'current' : 'coming';
  return seen.at(-1) === stage && !isBaseline(view) ? 'current' : 'done';
}

function Progress({ stage, left }: { stage: StageView; left: string }) {
  const title = stageTitles[stage.stage];
  const count = stage.total > 0 ? `${integer(stage.done)} of ${integer(stage.total)}` : 'Starting';
  const spoken = useNowAndThen([`${title}: ${count}`, left].filter(Boolean).join(', '));
  return (
    <div className="progress-row">
      <ProgressBar label={title} done={stage.done} total={stage.total} text={count} />
      <p className="progress-text">
        <span>{count}</span>
        <span>{left}</span>
      </p>
      <p className="sr-only" aria-live="polite">
        {spoken}
      </p>
    </div>
  );
}

/** Milliseconds between two announcements: a voice needs time, and whoever listens does something else as well. */
const quiet = 15_000;

/** The latest of a text that changes all the time; the first after a while, since the stage itself was announced. */
function useNowAndThen(text: string): string {
  const [spoken, setSpoken] = useState('');
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  }, [text]);
  useEffect(() => {
    const timer = setInterval(() => setSpoken(latest.current), quiet);
    return () => clearInterval(timer);
  }, []);
  return spoken;
}
