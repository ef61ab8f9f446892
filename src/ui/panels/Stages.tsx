import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Stage } from '../../session/events.ts';
import { integer } from '../../session/format.ts';
import { namedStages, stageOrder, stageTitles } from '../../session/stageTitles.ts';
import type { NamedStage } from '../../session/stageTitles.ts';
import { isActive } from '../../session/view.ts';
import type { StageView } from '../../session/view.ts';
import type { Recipe } from '../../session/recipe.ts';
import { recipeStore } from '../../state/recipe.ts';
import { sessionStore } from '../../state/session.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { leftText } from './timeLeft.ts';

/** The stages in order, and where the run is among them. */
export function Stages() {
  const view = useStore(sessionStore, (state) => state.view);
  const planned = useStore(recipeStore, (state) => state.recipe);
  const recipe = view.recipe ?? planned;
  if (view.status === 'finished') return null;
  const seen = namedStages(view);
  const shown = stageOrder({ recipe }).filter((stage) => seen.includes(stage) || isPlanned(stage, recipe));
  return (
    <ol className="stages">
      {shown.map((stage) => (
        <li key={stage} data-state={stateOf(stage, seen)}>
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
  const title = stageTitles[namedStages(view).at(-1) ?? 'prepare'];
  if (view.error) {
    return (
      <p className="refusal">
        <strong>{view.error.message}</strong> {view.error.remedy}
      </p>
    );
  }
  if (!current || !isActive(view)) return null;
  // Each its own, so that none is spoken of once the next has begun.
  if (isHere)
    return (
      <Progress key={`${title} ${current.startedAt}`} title={title} stage={current} left={leftText(view)} />
    );
  // A session that broke off stands where it is: nobody works on the rest.
  return (
    <p className="hint">
      It broke off in {title}, at {countText(current)}.
    </p>
  );
}

/** Whether the recipe leads to a stage; whether it must calibrate turns out on the way. */
function isPlanned(stage: NamedStage, { search, baseline, method }: Recipe): boolean {
  if (stage === 'calibrate') return false;
  if (stage === 'search') return search !== null;
  if (stage === 'lora') return method !== 'lora' && (baseline || typeof search?.leastOfLora === 'number');
  return true;
}

function stateOf(stage: NamedStage, seen: readonly NamedStage[]): 'done' | 'current' | 'coming' {
  if (seen.at(-1) === stage) return 'current';
  return seen.includes(stage) ? 'done' : 'coming';
}

const counted: Partial<Record<Stage, string>> = { train: ' steps', search: ' sub-networks' };

const countText = ({ stage, done, total }: StageView): string =>
  `${integer(done)} of ${integer(total)}${counted[stage] ?? ''}`;

interface ProgressProps {
  title: string;
  stage: StageView;
  left: string;
}

function Progress({ title, stage, left }: ProgressProps) {
  const count = stage.total > 0 ? countText(stage) : 'Starting';
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
