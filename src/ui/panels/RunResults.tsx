import type { ResultRow } from '../../session/events.ts';
import { columns, readableRows } from '../../session/table.ts';
import { sameGenome } from '../../session/view.ts';
import type { SessionView } from '../../session/view.ts';
import { ProofLine } from './ProofLine.tsx';

/** One session's rows, and the proof of its merge below them. */
export function RunResults({ view }: { view: SessionView }) {
  const rows = readableRows(view);
  const shown = columns(view.metric, rows);
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
          {rows.map((row) => (
            <tr key={`${row.tag} ${row.label} ${row.genome?.join() ?? ''}`} data-chosen={isChosen(row, view)}>
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
        {view.proof && (
          <tfoot>
            <tr>
              <td colSpan={shown.length}>
                <ProofLine proof={view.proof} />
              </td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function isChosen({ tag, genome }: ResultRow, { chosen }: SessionView): boolean {
  return (
    chosen !== null &&
    genome !== null &&
    sameGenome(genome, chosen.genome) &&
    (tag === 'chosen' || tag === 'best')
  );
}
