import { Suspense, lazy, useState } from 'react';
import { useStore } from 'zustand';
import { sessionStore } from '../../state/session.ts';
import { TableSwitch } from '../charts/ChartFrame.tsx';
import { FrontTable } from '../charts/FrontTable.tsx';
import { Explain } from '../controls/Explain.tsx';
import { Panel } from '../controls/Panel.tsx';
import { EmptyFront } from './EmptyFront.tsx';
import '../charts/charts.css';
import './front.css';

const FrontChart = lazy(() => import('../charts/FrontChart.tsx'));

export function FrontPanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const [asTable, setAsTable] = useState(false);
  const aside = (
    <>
      <AboutFront />
      {view.points.length > 0 && <TableSwitch title="Pareto front" on={asTable} onChange={setAsTable} />}
    </>
  );
  return (
    <Panel title="Pareto front" className="front" aside={aside}>
      {view.points.length === 0 ? (
        <EmptyFront view={view} />
      ) : (
        <div className="front-main" data-table={asTable}>
          {!asTable && (
            <Suspense fallback={<div className="chart-waiting" />}>
              <FrontChart />
            </Suspense>
          )}
          <FrontTable view={view} visible={asTable} />
        </div>
      )}
    </Panel>
  );
}

function AboutFront() {
  return (
    <Explain about="the Pareto front">
      <p>
        <strong>A sub-network</strong> is one way to cut the model: a choice of width and adapter rank for
        each layer. Those choices, written as small numbers, are its <strong>genome</strong>.
      </p>
      <p>
        <strong>MACs</strong> are the multiply–accumulate operations a token costs: what the model asks of any
        hardware, whatever its speed.
      </p>
      <p>
        <strong>The front</strong> holds the sub-networks that nothing beats: to be more accurate than one of
        them costs more, to be cheaper costs accuracy. The dashed line is the accuracy of the{' '}
        <strong>heuristic</strong> sub-network, which takes the middle of each choice and needs no search.
      </p>
      <p>
        <strong>Hypervolume</strong> is the area that the front has won. When it no longer grows, the search
        is done.
      </p>
      <p>
        <strong>To look closer</strong>, drag a rectangle, or turn the wheel with Ctrl; on a keyboard, + − and
        0, and Shift with the arrows to move. <strong>Generation</strong> shows the search as it stood: paler
        dots were scored earlier.
      </p>
    </Explain>
  );
}
