import { memo } from 'react';
import type { ReactNode } from 'react';

interface Props {
  /** `<chart> data`. */
  name: string;
  head: readonly string[];
  rows: readonly { key: string | number; cells: readonly ReactNode[] }[];
  /** Otherwise it is there for screen readers only. */
  visible: boolean;
}

/** The table twin of a chart: the same numbers, for those who read rather than look. */
export const ChartTable = memo(function ChartTable({ name, head, rows, visible }: Props) {
  return (
    <div
      className={visible ? 'chart-table' : 'sr-only'}
      {...(visible ? { tabIndex: 0, role: 'group', 'aria-label': name } : {})}
    >
      <table aria-label={name}>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});
