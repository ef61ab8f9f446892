import { useId, useState } from 'react';
import { reportError } from '../../state/notices.ts';
import { platform } from '../../state/platform.ts';
import { tableText } from '../../state/results.ts';
import type { TableFormat, TableScope } from '../../state/results.ts';

const formats: readonly (readonly [format: TableFormat, name: string, ending: string])[] = [
  ['markdown', 'Markdown', 'md'],
  ['csv', 'CSV', 'csv'],
  ['json', 'JSON', 'json'],
];

const doneForMs = 1500;

interface Props {
  scope: TableScope;
  /** JSON compares whole runs, so it waits for the end. */
  finished: boolean;
}

/** The table for elsewhere: on the clipboard, or as a file. */
export function TakeTable({ scope, finished }: Props) {
  const id = useId();
  const [done, setDone] = useState<{ format: TableFormat; how: string } | null>(null);
  const save = (format: TableFormat, ending: string) =>
    platform().save(`results.${ending}`, tableText(format, scope));
  const copy = async (format: TableFormat, ending: string) => {
    const copied = await platform().copy(tableText(format, scope));
    if (!copied) await save(format, ending);
    setDone({ format, how: copied ? 'Copied' : 'Saved' });
    setTimeout(() => setDone(null), doneForMs);
  };
  const isReady = (format: TableFormat) => finished || format !== 'json';
  const reason = (format: TableFormat) =>
    isReady(format) ? undefined : 'JSON compares finished runs: there once this one has finished.';
  return (
    <>
      {formats.map(([format, name, ending]) => (
        <button
          key={format}
          type="button"
          className="quiet small"
          aria-label={`Copy as ${name}`}
          disabled={!isReady(format)}
          title={reason(format)}
          onClick={() => void copy(format, ending).catch(reportError)}
        >
          {done?.format === format ? done.how : name}
        </button>
      ))}
      <button
        type="button"
        className="icon"
        popoverTarget={id}
        aria-label="Download the table"
        title="Download the table"
      >
        ↓
      </button>
      <div id={id} popover="auto" className="explanation take">
        {formats.map(([format, name, ending]) => (
          <button
            key={format}
            type="button"
            className="quiet small"
            disabled={!isReady(format)}
            title={reason(format)}
            onClick={() => void save(format, ending).catch(reportError)}
          >
            Download {name}
          </button>
        ))}
      </div>
    </>
  );
}
