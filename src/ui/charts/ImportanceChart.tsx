import { useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { GroupImportance } from '../../search/importance.ts';
import { compact } from '../../session/format.ts';
import type { Group } from '../../session/view.ts';
import { TableSwitch } from './ChartFrame.tsx';
import { ChartTable } from './ChartTable.tsx';
import { cellText, importanceGrid, pointsText } from './importanceGrid.ts';
import type { ImportanceCell, ImportanceGrid } from './importanceGrid.ts';
import './importance.css';

const title = 'Gene importance';
/** Beyond, cells have no room for a number; pointing at one, or the table, still tells it. */
const mostNumbers = 24;

interface Props {
  groups: readonly Group[];
  importance: readonly GroupImportance[];
}

/** Where the model is sensitive: what each gene, from its smallest to its largest choice, does to the score. */
export default function ImportanceChart({ groups, importance }: Props) {
  const [asTable, setAsTable] = useState(false);
  const [looked, setLooked] = useState<ImportanceCell | null>(null);
  const grid = useMemo(() => importanceGrid(groups, importance), [groups, importance]);
  const cells = grid.rows.flatMap((row) => row.cells.filter((cell) => cell !== null));
  return (
    <div className="importance">
      <div className="chart-head">
        <p className="importance-reading">{looked ? cellText(looked) : summaryOf(cells)}</p>
        <TableSwitch title={title} on={asTable} onChange={setAsTable} />
      </div>
      {!asTable && <HeatMap grid={grid} onLook={setLooked} />}
      <ChartTable
        name={`${title} data`}
        head={['Layer', 'Gene', 'Score, points', '± 2 errors', 'MACs', 'Reading']}
        rows={cells.map((cell) => ({
          key: cell.id,
          cells: [
            cell.layer,
            cell.gene,
            pointsText(cell.score),
            (cell.error * 200).toFixed(1),
            `${cell.macs < 0 ? '−' : ''}${compact(Math.abs(cell.macs))}`,
            cell.noise ? 'may be noise' : 'clear',
          ],
        }))}
        visible={asTable}
      />
    </div>
  );
}

function summaryOf(cells: readonly ImportanceCell[]): string {
  const clear = cells.filter(({ noise }) => !noise);
  if (clear.length === 0) return 'Nothing stands out from the noise yet.';
  const top = clear.reduce((a, b) => (Math.abs(b.score) > Math.abs(a.score) ? b : a));
  return `Most: layer ${top.layer}, ${top.gene}, ${pointsText(top.score)} points`;
}

interface HeatMapProps {
  grid: ImportanceGrid;
  onLook: (cell: ImportanceCell | null) => void;
}

const moves: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** One stop for the Tab key; arrows go from cell to cell, and each says what it is. */
function HeatMap({ grid: { genes, rows }, onLook }: HeatMapProps) {
  const [cursor, setCursor] = useState<readonly [row: number, column: number]>([0, 0]);
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const row = clamp(cursor[0] + move[0], rows.length);
    const column = clamp(cursor[1] + move[1], genes.length);
    setCursor([row, column]);
    const place = `[data-place="${row} ${column}"]`;
    event.currentTarget.querySelector<HTMLElement>(place)?.focus();
  };
  const numbers = rows.length <= mostNumbers;
  return (
    <div
      className="importance-grid"
      role="grid"
      aria-label={title}
      tabIndex={-1}
      style={{ gridTemplateColumns: `max-content repeat(${genes.length}, minmax(24px, 1fr))` }}
      onKeyDown={press}
      onPointerLeave={() => onLook(null)}
      onBlur={() => onLook(null)}
    >
      <div role="row">
        <span role="columnheader">layer</span>
        {genes.map((gene) => (
          <span key={gene} role="columnheader">
            {gene}
          </span>
        ))}
      </div>
      {rows.map(({ layer, cells }, row) => (
        <div role="row" key={layer}>
          <span role="rowheader">{layer}</span>
          {cells.map((cell, column) => (
            <span
              key={genes[column]}
              role="gridcell"
              tabIndex={
                row === clamp(cursor[0], rows.length) && column === clamp(cursor[1], genes.length) ? 0 : -1
              }
              data-place={`${row} ${column}`}
              aria-label={cell ? cellText(cell) : `Layer ${layer} has no such gene`}
              {...shadeOf(cell)}
              onFocus={() => {
                setCursor([row, column]);
                onLook(cell);
              }}
              onPointerEnter={() => onLook(cell)}
            >
              {cell && numbers ? pointsText(cell.score) : ''}
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

const clamp = (place: number, length: number): number => Math.max(0, Math.min(length - 1, place));

/** As much colour as text can still be read on. */
const mostColour = 46;

function shadeOf(cell: ImportanceCell | null): { className: string; style?: { backgroundColor: string } } {
  if (!cell) return { className: 'cell none' };
  if (cell.noise) return { className: 'cell noise' };
  const hue = cell.strength < 0 ? 'chosen' : 'front';
  const share = Math.round(6 + (mostColour - 6) * Math.abs(cell.strength));
  return {
    className: 'cell',
    style: { backgroundColor: `color-mix(in srgb, var(--${hue}) ${share}%, var(--panel))` },
  };
}
