import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { dataStore } from '../../state/data.ts';
import { estimateStore } from '../../state/estimate.ts';
import { modelStore } from '../../state/model.ts';
import { pauseRun, resumeRun, runStore, startRun, stopRun } from '../../state/run.ts';
import { isActive } from '../../session/view.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { StageProgress, Stages } from './Stages.tsx';
import { statusText } from './statusText.ts';
import './run.css';

const LossChart = lazy(() => import('../charts/LossChart.tsx'));
const HypervolumeChart = lazy(() => import('../charts/HypervolumeChart.tsx'));

export function RunPanel() {
  const hasLosses = useStore(sessionStore, ({ view }) => view.losses.length > 0);
  const hasSearch = useStore(sessionStore, ({ view }) => view.hypervolume.length > 0);
  return (
    <Panel title="Run" step={4} className="run" aside={<RunButtons />}>
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

const reasonId = 'run-blocked';

function Status() {
  const starting = useStore(runStore, (state) => state.starting);
  const blocker = useBlocker();
  // A shared session has its own words for it.
  const over = useStore(sessionStore, ({ view, origin }) => origin === 'run' && !isActive(view));
  const text = useStore(sessionStore, ({ view, origin }) => statusText(view, origin));
  const shown = starting ? 'Starting…' : (text ?? blocker ?? 'Ready to run.');
  return (
    <div className="run-state">
      <p className="status" role="status" id={shown === blocker ? reasonId : undefined}>
        {shown}
      </p>
      {blocker !== null && shown !== blocker && over && (
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
  if (!model) return data ? 'Open a model to begin.' : 'Open a model and data to begin.';
  if (!data) return 'Open data to begin.';
  if (scoring) return 'The model is being scored.';
  if (problem) return problem.message;
  return estimate && !estimate.fits ? (estimate.problem ?? 'This run does not fit on the device.') : null;
}

function RunButtons() {
  const { starting, stopping } = useStore(runStore);
  const status = useStore(sessionStore, ({ view, origin }) => (origin === 'run' ? view.status : 'empty'));
  const blocker = useBlocker();
  if (status !== 'running' && status !== 'paused') {
    return (
      <button
        type="button"
        className="primary"
        disabled={starting || blocker !== null}
        aria-describedby={blocker === null ? undefined : reasonId}
        title={blocker ?? undefined}
        onClick={() => void startRun()}
      >
        Run
      </button>
    );
  }
  return (
    <>
      {status === 'running' ? (
        <button type="button" disabled={stopping} onClick={() => void pauseRun()}>
          Pause
        </button>
      ) : (
        <button type="button" className="primary" disabled={stopping} onClick={() => void resumeRun()}>
          Resume
        </button>
      )}
      <button type="button" disabled={stopping} onClick={() => void stopRun()}>
        Stop
      </button>
    </>
  );
}
