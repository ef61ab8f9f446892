import { useStore } from 'zustand';
import { againstOriginal, chosenRow } from '../../session/againstOriginal.ts';
import type { Method } from '../../session/recipe.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { exportModel, exportStore, wantedOffer } from '../../state/exporting.ts';
import { runStore } from '../../state/run.ts';
import { isFinishedHere, sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { ExportFormats } from './ExportFormats.tsx';
import { useDeviceUse } from './useDeviceUse.ts';

const what: Record<Method, string> = {
  lora: 'The model with its adapters merged in.',
  lonas: 'The chosen model, merged and really sliced.',
  'lonas-plus': 'The chosen model, merged and sliced, without the removed blocks.',
  shears: 'The sparse base, with its adapter beside it.',
  sqft: 'The sparse INT4 base, with its adapter beside it.',
  'sqft-sparsepeft': 'One sparse model, its adapters merged in and every zero kept.',
  'sqft-qa-sparsepeft': 'One INT4 model, no adapter left.',
};

const coming = 'The chosen model, once the run is over.';
const elsewhere = 'The chosen model of a run made on this page: run the recipe to get one.';

export function ExportPanel() {
  const { busy, file } = useStore(exportStore);
  const told = useStore(exportStore, wantedOffer)?.notes ?? [];
  const method = useStore(sessionStore, ({ view }) => view.recipe?.method ?? null);
  const origin = useStore(sessionStore, (state) => state.origin);
  const ready = useStore(sessionStore, (state) => isFinishedHere(state) && state.view.chosen !== null);
  const working = useStore(runStore, (state) => state.working);
  const use = useDeviceUse();
  return (
    <Panel title="Export">
      <p className="hint">{ready && method ? what[method] : origin === 'run' ? coming : elsewhere}</p>
      {ready && <Beforehand />}
      {ready && <ExportFormats disabled={busy || working} />}
      <div className="buttons">
        <button
          type="button"
          className="primary"
          disabled={!ready || use !== null}
          title={ready && use ? deviceUseText[use] : undefined}
          onClick={() => void exportModel()}
        >
          Export model
        </button>
        {busy && (
          <span className="loading" role="status">
            Writing the files…
          </span>
        )}
      </div>
      {file && (
        <div className="exported" role="status">
          <p>
            Saved <strong>{file.name}</strong>
          </p>
          {file.notes
            .filter((note) => !told.includes(note))
            .map((note) => (
              <p key={note} className="hint">
                {note}
              </p>
            ))}
        </div>
      )}
    </Panel>
  );
}

/** What whoever exports would be sorry to learn afterwards. */
function Beforehand() {
  const view = useStore(sessionStore, (state) => state.view);
  const row = chosenRow(view);
  const beside = row && againstOriginal(row, view);
  if (beside?.verdict !== 'worse') return null;
  return <p className="refusal">On the test split it is {beside.text}.</p>;
}
