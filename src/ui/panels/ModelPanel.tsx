import { memo } from 'react';
import { useStore } from 'zustand';
import { bytes, compact, integer, percent } from '../../session/format.ts';
import { modelStore, openModel } from '../../state/model.ts';
import { sessionStore } from '../../state/session.ts';
import type { ModelSummary } from '../../workers/studio.protocol.ts';
import { Facts } from '../controls/Facts.tsx';
import { Panel } from '../controls/Panel.tsx';
import { FilePicker } from '../drop/FilePicker.tsx';
import { Hub } from './Hub.tsx';
import { useDeviceUse } from './useDeviceUse.ts';
import './sources.css';

export function ModelPanel() {
  const { loading, summary } = useStore(modelStore);
  const fromSession = useStore(sessionStore, ({ view, origin }) => (origin === 'run' ? null : view.model));
  const busy = useDeviceUse() !== null;
  return (
    <Panel
      title="Model"
      step={1}
      className="source"
      aside={
        summary && (
          <>
            <span className="chip">{summary.dtype}</span>
            <span className="chip">{formText(summary)}</span>
          </>
        )
      }
    >
      {loading !== null && (
        <p className="loading" role="status">
          Reading {loading}…
        </p>
      )}
      {summary ? (
        <Opened summary={summary} />
      ) : (
        loading === null && <Empty shared={fromSession?.name ?? null} />
      )}
      <div className="buttons">
        <button
          type="button"
          className={summary ? 'quiet small' : 'primary'}
          disabled={busy}
          onClick={() => void openModel('demo')}
        >
          Use the demo model
        </button>
        <FilePicker label="Folder" folder disabled={busy} />
        <FilePicker label="Files" disabled={busy} />
      </div>
      <Hub kind="model" disabled={busy} />
    </Panel>
  );
}

function Empty({ shared }: { shared: string | null }) {
  if (shared !== null) {
    return (
      <p className="hint">
        This session was made with <strong>{shared}</strong>. Open a model to run its recipe here.
      </p>
    );
  }
  return (
    <p className="hint">
      Drop a Hugging Face folder or a GGUF file anywhere on this page. It never leaves your machine.
    </p>
  );
}

const Opened = memo(function Opened({ summary }: { summary: ModelSummary }) {
  return (
    <>
      <p className="source-name" title={summary.name}>
        {summary.name}
      </p>
      <Facts
        facts={[
          ['Architecture', summary.architecture.replace(/(?:ForCausalLM|LMHeadModel)$/, '')],
          ['Parameters', compact(summary.parameters), integer(summary.parameters)],
          ['Layers', `${summary.layers} × ${integer(summary.hiddenSize)}`],
          ['On disk', bytes(summary.bytes)],
          ['MACs a token', compact(summary.macsPerToken), integer(summary.macsPerToken)],
          ['Vocabulary', integer(summary.vocabSize)],
        ]}
      />
      {summary.adapter && <p className="hint">With adapter {summary.adapter}</p>}
      {!summary.hasTokenizer && (
        <p className="refusal">It came without a tokenizer.json. Drop the folder again together with it.</p>
      )}
      <Modules modules={summary.modules} />
    </>
  );
});

/** "dense", "50 % sparse", "INT4, group 64, 50 % sparse". */
function formText({ form = 'dense', sparsity = 0, groups = [] }: ModelSummary): string {
  const zeros = `${percent(sparsity, 0)} sparse`;
  if (form !== 'int4') return form === 'sparse' ? zeros : 'dense';
  const sizes = groups.map((group) => (group === null ? 'whole rows' : `group ${integer(group)}`));
  return ['INT4', ...sizes, ...(sparsity >= 0.005 ? [zeros] : [])].join(', ');
}

/** A large model has thousands; the list is a look inside, not a data sheet. */
const mostModules = 400;

function Modules({ modules }: { modules: ModelSummary['modules'] }) {
  return (
    <details className="modules">
      <summary>{integer(modules.length)} modules</summary>
      <div className="scroll" tabIndex={0} role="group" aria-label="Modules">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Shape</th>
              <th scope="col">Type</th>
            </tr>
          </thead>
          <tbody>
            {modules.slice(0, mostModules).map((module) => (
              <tr key={module.name}>
                <td>{module.name}</td>
                <td>{module.shape.join(' × ')}</td>
                <td>{module.dtype}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {modules.length > mostModules && (
          <p className="hint">… and {integer(modules.length - mostModules)} more</p>
        )}
      </div>
    </details>
  );
}
