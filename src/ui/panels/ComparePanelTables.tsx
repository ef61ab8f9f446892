import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { sectionsOf } from '../../session/comparison.ts';
import { compact, duration, integer, missing, pointScoreText } from '../../session/format.ts';
import { sessionDifferences } from '../../session/sessionDifferences.ts';
import type { SessionView } from '../../session/view.ts';
import type { ComparedSession } from '../../state/compare.ts';
import { comparisonOf } from '../../state/results.ts';
import { SectionTables } from './ComparedResults.tsx';

interface Props {
  sessions: readonly ComparedSession[];
}

/** One row a session: how far it came, and what it found. */
export function OutcomesTable({ sessions }: Props) {
  return (
    <CompareTable
      title="What came out"
      head={['Session', 'Status', 'Scored', 'On the front', 'Hypervolume', 'Chosen', 'Took']}
      rows={sessions.map(({ id, name, view }) => ({
        key: id,
        cells: [
          name,
          view.status,
          integer(view.points.length),
          integer(view.front.length),
          view.hypervolume.at(-1)?.hypervolume.toPrecision(4) ?? missing,
          chosenText(view),
          duration(view.elapsed),
        ],
      }))}
    />
  );
}

function chosenText({ points, chosen, metric }: SessionView): string {
  const point = points[chosen?.index ?? -1];
  return point ? `${pointScoreText(point, metric)} at ${compact(point.macs)} MACs` : missing;
}

/** One row a setting that the sessions do not share, one column a session. */
export function DifferencesTable({ sessions }: Props) {
  const found = useMemo(() => sessionDifferences(sessions.map(({ view }) => view)), [sessions]);
  if (sessions.length < 2) return null;
  if (found.length === 0)
    return (
      <>
        <h3 className="section-name">What differs</h3>
        <p className="hint">Nothing: the same model, data, device and recipe, seed included.</p>
      </>
    );
  return (
    <CompareTable
      title="What differs"
      head={['Setting', ...sessions.map(({ name }) => name)]}
      rows={found.map(({ kind, path, values }) => ({
        key: `${kind} ${path}`,
        cells: [kind === 'recipe' ? <code>{path}</code> : path, ...values],
      }))}
    />
  );
}

/** The paper's columns of those that have finished; runs that differ in their seed only are one row. */
export function ComparedTables({ sessions }: Props) {
  const sections = useMemo(() => sectionsOf(comparisonOf(sessions)), [sessions]);
  const unfinished = sessions.filter(({ view }) => view.status !== 'finished');
  return (
    <>
      <h3 className="section-name">Results</h3>
      {unfinished.length > 0 && (
        <p className="hint">
          Not finished, so without results: {unfinished.map(({ name }) => name).join(', ')}.
        </p>
      )}
      <SectionTables sections={sections} name="Results compared data" />
    </>
  );
}

interface TableProps {
  title: string;
  head: readonly string[];
  rows: readonly { key: string; cells: readonly ReactNode[] }[];
}

function CompareTable({ title, head, rows }: TableProps) {
  return (
    <>
      <h3 className="section-name">{title}</h3>
      <div className="scroll" tabIndex={0} role="group" aria-label={title}>
        <table aria-label={title}>
          <thead>
            <tr>
              {/* Sessions may share a name. */}
              {head.map((text, index) => (
                <th key={index} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells: [first, ...others] }) => (
              <tr key={key}>
                <th scope="row">{first}</th>
                {others.map((cell, index) => (
                  <td key={index}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
