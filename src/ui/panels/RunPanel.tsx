import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { dataStore } from '../../state/data.ts';
import { estimateStore } from '../../state/estimate.ts';
import { modelStore } from '../../state/model.ts';
import { pauseRun, resumeRun, runStore, startRun, stopRun } from '../../state/run.ts';
import { sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { Stages } from './Stages.tsx';
import { statusText } from './statusText.ts';
import './run.css';

const LossChart = lazy(() => import('../charts/LossChart.tsx'));

export function RunPanel() {
  const hasLosses = useStore(sessionStore, ({ view }) => view.losses.length > 0);
  return (
    <Panel title="Run" step={4} className="run" aside={<RunButtons />}>
      <div className="run-body">
        <div className="run-state">
          <Status />
          <Stages />
        </div>
        {hasLosses && (
          <Suspense fallback={<div className="chart-waiting" />}>
            <LossChart />
          </Suspense>
        )}
      </div>
    </Panel>
  );
}

function Status() {
  const starting = useStore(runStore, (state) => state.starting);
  const blocker = useBlocker();
  const text = useStore(sessionStore, ({ view, origin }) => statusText(view, origin));
  const shown = starting ? 'Starting…' : (text ?? blocker ?? 'Ready to run.');
  return (
    <p className="status" role="status">
      {shown}
    </p>
  );
}

/** Why Run cannot be pressed; null where it can. */
function useBlocker(): string | null {
  const model = useStore(modelStore, (state) => state.summary);
  const data = useStore(dataStore, (state) => state.summary);
  const { estimate, problem } = useStore(estimateStore);
  if (!model) return data ? 'Open a model to begin.' : 'Open a model and data to begin.';
  if (!data) return 'Open data to begin.';
  if (problem) return problem.message;
  return estimate && !estimate.fits ? 'This run does not fit on the device.' : null;
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
