import { useStore } from 'zustand';
import { compareStore, stopComparing } from '../../state/compare.ts';
import { Panel } from '../controls/Panel.tsx';
import { ComparedFronts } from './ComparePanelFronts.tsx';
import { ComparedTables, DifferencesTable, OutcomesTable } from './ComparePanelTables.tsx';
import { useIntoView } from './useIntoView.ts';
import './compare.css';

/** Sessions side by side: their fronts over each other, what came out, and what they were given. */
export function ComparePanel() {
  const sessions = useStore(compareStore, (state) => state.sessions);
  useIntoView('.panel.compare', sessions.length > 0);
  if (sessions.length === 0) return null;
  const aside = (
    <>
      <span className="soft">
        {sessions.length} {sessions.length === 1 ? 'session' : 'sessions'}
      </span>
      <button type="button" className="quiet small" onClick={stopComparing}>
        Stop comparing
      </button>
    </>
  );
  return (
    <Panel title="Compare" className="compare results" aside={aside}>
      <ComparedFronts sessions={sessions} />
      <OutcomesTable sessions={sessions} />
      <DifferencesTable sessions={sessions} />
      <ComparedTables sessions={sessions} />
    </Panel>
  );
}
