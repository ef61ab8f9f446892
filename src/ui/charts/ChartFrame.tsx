import { useState } from 'react';
import type { ReactNode } from 'react';
import { useSize } from './useSize.ts';

interface Props {
  title: string;
  /** The latest value, beside the title. */
  reading?: string;
  renderChart: (size: { width: number; height: number }) => ReactNode;
  renderTable: (visible: boolean) => ReactNode;
}

/** A small chart with its title, its latest value, and a switch to its table twin. */
export function ChartFrame({ title, reading, renderChart, renderTable }: Props) {
  const [asTable, setAsTable] = useState(false);
  const { ref, width, height } = useSize();
  return (
    <div className="chart-frame" role="group" aria-label={title}>
      <div className="chart-head">
        <h3>{title}</h3>
        {reading && <span className="reading">{reading}</span>}
        <TableSwitch title={title} on={asTable} onChange={setAsTable} />
      </div>
      <div className="chart-area" ref={ref} data-hidden={asTable} aria-hidden="true">
        {width > 0 && height > 0 && renderChart({ width, height })}
      </div>
      {renderTable(asTable)}
    </div>
  );
}

export function TableSwitch({
  title,
  on,
  onChange,
}: {
  title: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <button
      type="button"
      className="icon table-switch"
      aria-pressed={on}
      aria-label={`${title} as a table`}
      title="As a table"
      onClick={() => onChange(!on)}
    >
      ▤
    </button>
  );
}
