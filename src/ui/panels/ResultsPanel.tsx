import { useState } from 'react';
import { useStore } from 'zustand';
import type { ResultRow } from '../../session/events.ts';
import { integer } from '../../session/format.ts';
import { columns, readableRows, toCsv, toMarkdown } from '../../session/table.ts';
import { sameGenome } from '../../session/view.ts';
import type { SessionView } from '../../session/view.ts';
import { platform } from '../../state/platform.ts';
import { runStore } from '../../state/run.ts';
import { sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import './results.css';

export function ResultsPanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const measuring = useStore(runStore, (state) => state.choosing !== null);
  const examples = view.results[0]?.examples;
  const aside = view.results.length > 0 && (
    <>
      {measuring && <span className="loading">Measuring…</span>}
      {examples !== undefined && <span className="soft">test split, {integer(examples)} examples</span>}
      <Copy view={view} />
    </>
  );
  return (
    <Panel title="Results" className="results" aside={aside}>
      {view.results.length === 0 ? (
        <p className="hint">
          Measured on examples that neither training nor the search has seen, when the run ends.
        </p>
      ) : (
        <Table view={view} />
      )}
    </Panel>
  );
}

function Table({ view }: { view: SessionView }) {
  const shown = columns(view.metric);
  const chosen = view.chosen;
  const isChosen = (row: ResultRow) =>
    chosen !== null &&
    row.genome !== null &&
    sameGenome(row.genome, chosen.genome) &&
    (row.tag === 'chosen' || row.tag === 'best');
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Results table">
      <table aria-label="Results data">
        <thead>
          <tr>
            {shown.map((column) => (
              <th key={column.title} scope="col" title={column.about}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {readableRows(view).map((row) => (
            <tr key={`${row.tag} ${row.label} ${row.genome?.join() ?? ''}`} data-chosen={isChosen(row)}>
              {shown.map((column, index) =>
                index === 0 ? (
                  <th key={column.title} scope="row">
                    {column.text(row)}
                  </th>
                ) : (
                  <td key={column.title} title={String(column.value(row))}>
                    {column.text(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const doneForMs = 1500;

function Copy({ view }: { view: SessionView }) {
  const [done, setDone] = useState('');
  const copy = async (what: string, text: string) => {
    if (!(await platform().copy(text)))
      await platform().save(`results.${what === 'CSV' ? 'csv' : 'md'}`, text);
    setDone(what);
    setTimeout(() => setDone(''), doneForMs);
  };
  const formats = [
    ['Markdown', toMarkdown],
    ['CSV', toCsv],
  ] as const;
  return formats.map(([name, write]) => (
    <button
      key={name}
      type="button"
      className="quiet small"
      aria-label={`Copy as ${name}`}
      onClick={() => void copy(name, write(readableRows(view), view.metric))}
    >
      {done === name ? 'Copied' : name}
    </button>
  ));
}
