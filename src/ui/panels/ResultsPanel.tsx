import { useState } from 'react';
import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import { historyStore } from '../../state/history.ts';
import type { TableScope } from '../../state/results.ts';
import { runStore } from '../../state/run.ts';
import { sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { ComparedResults } from './ComparedResults.tsx';
import { RunResults } from './RunResults.tsx';
import { TakeTable } from './TakeTable.tsx';
import './results.css';

/** What was measured in the end: of the session on the page, or of all runs of this page side by side. */
export function ResultsPanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const id = useStore(sessionStore, (state) => state.id);
  const runs = useStore(historyStore, (state) => state.runs);
  const measuring = useStore(runStore, (state) => state.choosing !== null);
  const [wanted, setWanted] = useState<TableScope>('run');
  // With one run, and that one on the page, there is nothing to switch between.
  const hasOthers = runs.some((run) => run.id !== id);
  const scope = hasOthers ? wanted : 'run';
  const examples = view.results[0]?.examples;
  const empty = scope === 'run' && view.results.length === 0;
  const aside = (
    <>
      {measuring && <span className="loading">Measuring…</span>}
      {scope === 'run' && examples !== undefined && (
        <span className="soft">test split, {integer(examples)} examples</span>
      )}
      {hasOthers && <ScopeSwitch scope={scope} runs={runs.length} onChange={setWanted} />}
      {!empty && <TakeTable scope={scope} finished={scope === 'all' || view.status === 'finished'} />}
    </>
  );
  return (
    <Panel title="Results" className="results" aside={aside}>
      {scope === 'all' ? (
        <ComparedResults />
      ) : empty ? (
        <p className="hint">
          Measured on examples that neither training nor the search has seen, when the run ends.
        </p>
      ) : (
        <RunResults view={view} />
      )}
    </Panel>
  );
}

interface SwitchProps {
  scope: TableScope;
  runs: number;
  onChange: (scope: TableScope) => void;
}

function ScopeSwitch({ scope, runs, onChange }: SwitchProps) {
  const choices = [
    ['run', 'This run'],
    ['all', `All runs of this page (${runs})`],
  ] as const;
  return (
    <fieldset className="scope">
      <legend className="sr-only">Results of</legend>
      {choices.map(([key, text]) => (
        <label key={key}>
          <input type="radio" name="results-of" checked={scope === key} onChange={() => onChange(key)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
