import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { sessionStore } from '../../state/session.ts';
import { importanceOf } from '../charts/importanceGrid.ts';
import { Explain } from '../controls/Explain.tsx';
import { Panel } from '../controls/Panel.tsx';

const ImportanceChart = lazy(() => import('../charts/ImportanceChart.tsx'));

/** What the search has learned about the model itself: which layers it cannot do without. */
export function ImportancePanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const importance = importanceOf(view);
  if (!importance) return null;
  return (
    <Panel title="Gene importance" aside={<About />}>
      <Suspense fallback={<div className="chart-waiting" />}>
        <ImportanceChart groups={view.groups} importance={importance} />
      </Suspense>
    </Panel>
  );
}

function About() {
  return (
    <Explain about="gene importance">
      <p>
        What each gene is worth, from all sub-networks that the search has scored to the end: the change of
        the score, in points, from its smallest to its largest choice, whatever else was chosen. Those that
        were stopped early are left out: of their scores only a bound is known.
      </p>
      <p>
        Blue: keeping more helps. Orange: keeping more hurts. Hatched: within two standard errors of nothing,
        so it may be noise.
      </p>
    </Explain>
  );
}
