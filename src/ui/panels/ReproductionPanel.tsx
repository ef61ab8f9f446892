import { useStore } from 'zustand';
import { compact, scoreText } from '../../session/format.ts';
import type { ReproductionRow } from '../../session/reproduction.ts';
import type { SessionView } from '../../session/view.ts';
import {
  closeReproduction,
  reproductionStore,
  showReproduced,
  stopReproducing,
} from '../../state/reproduce.ts';
import { sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { differenceText, rowVerdict, titleOf, verdictOf } from './reproductionText.ts';
import { useIntoView } from './useIntoView.ts';
import './reproduction.css';

/** Whether a session's numbers come out again, and each that does not. */
export default function ReproductionPanel() {
  const { doing, kind, progress, of, result, problem } = useStore(reproductionStore);
  const shown = useStore(sessionStore, (state) => state.view.date);
  useIntoView('.panel.reproduction', of !== null);
  if (!of) return null;
  const aside = doing ? (
    <button type="button" className="quiet small" onClick={() => void stopReproducing()}>
      Cancel
    </button>
  ) : (
    <>
      {kind === 'retrained' && shown !== of.view.date && (
        <button type="button" className="quiet small" onClick={showReproduced}>
          Show the session
        </button>
      )}
      <button type="button" className="icon" aria-label="Close reproduction" onClick={closeReproduction}>
        ✕
      </button>
    </>
  );
  return (
    <Panel title={titleOf(kind)} className="reproduction" aside={aside}>
      <p role="status">
        {result ? (
          <>
            <strong className={result.matches ? 'matches' : 'differs'}>{verdictOf(result, kind)}</strong>{' '}
            <span className="soft">{result.tolerance.text}</span>
          </>
        ) : (
          (problem ?? doingText(doing, kind))
        )}
      </p>
      {doing === 'scoring' && progress && (
        <ProgressBar
          label="Scoring the front again"
          {...progress}
          text={`${progress.done} of ${progress.total} sub-networks`}
        />
      )}
      {result && <Differences rows={result.rows} view={of.view} />}
    </Panel>
  );
}

function doingText(doing: 'running' | 'scoring' | null, kind: string): string {
  if (doing === 'running') return 'The recipe is run again from its seed; then the fronts are compared.';
  return kind === 'retrained'
    ? 'Scoring what the new search did not come across…'
    : 'Scoring the front again with the session’s own adapters…';
}

function Differences({ rows, view }: { rows: readonly ReproductionRow[]; view: SessionView }) {
  const { metric, points, chosen } = view;
  const unit = metric === 'accuracy' ? 'points' : 'perplexity';
  const chosenGenes = chosen?.genome.join();
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Reproduction data">
      <table aria-label="Reproduction data">
        <thead>
          <tr>
            <th scope="col">Sub-network</th>
            <th scope="col">MACs</th>
            <th scope="col">Session</th>
            <th scope="col">Here</th>
            <th scope="col">Difference, {unit}</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const genes = row.genome.join();
            const index = points.findIndex((point) => (point.genome ?? []).join() === genes);
            return (
              <tr key={genes} data-verdict={rowVerdict(row)}>
                <th scope="row">
                  {row.genome.length === 0 ? 'LoRA' : `No. ${index + 1}`}
                  {genes === chosenGenes && <span className="chip chosen">chosen</span>}
                </th>
                <td>{compact(row.shared.macs)}</td>
                <td>{scoreText(row.shared.score, metric)}</td>
                <td>{row.here ? scoreText(row.here.score, metric) : '–'}</td>
                <td>{differenceText(row, metric)}</td>
                <td>{rowVerdict(row)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
