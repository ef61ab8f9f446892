import { Suspense, lazy, useCallback, useRef } from 'react';
import type { RefObject } from 'react';
import { useStore } from 'zustand';
import { dataStore } from '../../state/data.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { estimateStore, isCounting } from '../../state/estimate.ts';
import { modelStore } from '../../state/model.ts';
import { mostSeeds, pauseRun, resumeRun, runStore, setSeeds, startRun, stopRun } from '../../state/run.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { isRunActive, sessionStore } from '../../state/session.ts';
import { NumberField } from '../controls/NumberField.tsx';
import { Panel } from '../controls/Panel.tsx';
import { StageProgress, Stages } from './Stages.tsx';
import { countingText, queueText, recipeTitle, statusText } from './statusText.ts';
import { useDeviceUse } from './useDeviceUse.ts';
import './run.css';

const LossChart = lazy(() => import('../charts/LossChart.tsx'));
const HypervolumeChart = lazy(() => import('../charts/HypervolumeChart.tsx'));

export function RunPanel() {
  const hasLosses = useStore(sessionStore, ({ view }) => view.losses.length > 0);
  const hasSearch = useStore(sessionStore, ({ view }) => view.hypervolume.length > 0);
  return (
    <Panel title="Run" step={4} className="run" aside={<RunAside />}>
      <div className="run-top">
        <Status />
        <Stages />
      </div>
      <StageProgress />
      {(hasLosses || hasSearch) && (
        <Suspense fallback={<div className="chart-waiting" />}>
          <div className="run-charts">
            {hasLosses && <LossChart />}
            {hasSearch && <HypervolumeChart />}
          </div>
        </Suspense>
      )}
    </Panel>
  );
}

function RunAside() {
  const title = useStore(sessionStore, ({ view }) => (view.recipe ? recipeTitle(view.recipe) : null));
  return (
    <>
      {title !== null && <span className="run-shown soft">{title}</span>}
      <RunButtons />
    </>
  );
}

const reasonId = 'run-blocked';

function Status() {
  const { starting, queue } = useStore(runStore);
  const blocker = useBlocker();
  const seed = useStore(sessionStore, ({ view }) => view.recipe?.seed ?? null);
  const text = useStore(sessionStore, ({ view, origin }) => statusText(view, origin));
  const active = useStore(sessionStore, isRunActive);
  // Among several runs, the one before has ended and the next has not begun.
  const between = starting || (queue !== null && !active);
  const state = between ? 'Starting…' : (text ?? blocker ?? 'Ready to run.');
  const shown = queue ? `${queueText(queue, between ? null : seed)} ${state}` : state;
  return (
    <div className="run-state">
      <p className="status" role="status" id={shown === blocker ? reasonId : undefined}>
        {shown}
      </p>
      {blocker !== null && shown !== blocker && !active && !between && (
        <p className="hint" id={reasonId}>
          To run again: {blocker}
        </p>
      )}
    </div>
  );
}

/** Why Run cannot be pressed; null where it can. */
function useBlocker(): string | null {
  const model = useStore(modelStore, (state) => state.summary);
  const data = useStore(dataStore, (state) => state.summary);
  const scoring = useStore(scoreStore, (state) => state.progress !== null);
  const { estimate, problem } = useStore(estimateStore);
  const counting = useStore(estimateStore, isCounting);
  if (!model) return data ? 'Open a model to begin.' : 'Open a model and data to begin.';
  if (!data) return 'Open data to begin.';
  if (scoring) return 'The model is being scored.';
  if (counting) return countingText;
  if (problem) return problem.message;
  return estimate && !estimate.fits ? (estimate.problem ?? 'This run does not fit on the device.') : null;
}

/** Run, Pause and Resume are one button, so that whoever pressed it with a key still has it. */
function RunButtons() {
  const { starting, stopping, queue } = useStore(runStore);
  const use = useDeviceUse();
  const status = useStore(sessionStore, ({ view, origin }) => (origin === 'run' ? view.status : 'empty'));
  const blocker = useBlocker();
  const main = useRef<HTMLButtonElement>(null);
  const leaveFocus = useLeaveFocus(main);
  const active = status === 'running' || status === 'paused';
  const idle = !active && queue === null;
  const [name, act] = idle ? (['Run', () => startRun()] as const) : pauses[active ? status : 'running'];
  const waits = starting || stopping || (!active && (use !== null || !idle));
  return (
    <>
      {idle && <Seeds disabled={starting} />}
      <button
        ref={main}
        type="button"
        className={name === 'Pause' ? undefined : 'primary'}
        disabled={idle && !starting && blocker !== null}
        aria-disabled={waits}
        aria-describedby={idle && blocker !== null ? reasonId : undefined}
        title={idle ? (blocker ?? (use && use !== 'run' ? deviceUseText[use] : undefined)) : undefined}
        onClick={() => !waits && void act()}
      >
        {name}
      </button>
      {!idle && (
        <button
          ref={leaveFocus}
          type="button"
          aria-disabled={stopping}
          onClick={() => !stopping && void stopRun()}
        >
          Stop
        </button>
      )}
    </>
  );
}

const pauses = {
  running: ['Pause', () => pauseRun()],
  paused: ['Resume', () => resumeRun()],
} as const;

/** For a button that goes: where it has the focus, that goes to the heir. */
const useLeaveFocus = (heir: RefObject<HTMLButtonElement | null>) =>
  useCallback(
    (button: HTMLButtonElement) => () => {
      if (document.activeElement === button) heir.current?.focus();
    },
    [heir],
  );

/** One run says little about luck: the same recipe with this many seeds, one after the other, says more. */
function Seeds({ disabled }: { disabled: boolean }) {
  const seeds = useStore(runStore, (state) => state.seeds);
  return (
    <div className="seeds">
      <NumberField
        label="Seeds"
        title={`Runs the recipe with this many seeds, one after the other (1 to ${mostSeeds}); the results show their mean and deviation.`}
        value={seeds}
        step={1}
        disabled={disabled}
        onChange={setSeeds}
      />
    </div>
  );
}
