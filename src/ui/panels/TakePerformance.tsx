import { useState } from 'react';
import { reportError } from '../../state/notices.ts';
import { performanceMarkdown } from '../../state/performanceText.ts';
import { platform } from '../../state/platform.ts';
import type { PerformanceReport } from '../../workers/studio.protocol.ts';

const formats = {
  Markdown: { ending: 'md', text: performanceMarkdown },
  JSON: { ending: 'json', text: (report: PerformanceReport) => `${JSON.stringify(report, null, 2)}\n` },
};
type Format = keyof typeof formats;

const doneForMs = 1500;

/** The measurements for elsewhere: on the clipboard, or as a file where the browser refuses that. */
export function TakePerformance({ report }: { report: PerformanceReport }) {
  const [done, setDone] = useState<{ format: Format; how: string } | null>(null);
  const copy = async (format: Format) => {
    const { ending, text } = formats[format];
    const copied = await platform().copy(text(report));
    if (!copied) await platform().save(`performance.${ending}`, text(report));
    setDone({ format, how: copied ? 'Copied' : 'Saved' });
    setTimeout(() => setDone(null), doneForMs);
  };
  return (
    <div className="performance-row">
      {(Object.keys(formats) as Format[]).map((format) => (
        <button
          key={format}
          type="button"
          className="quiet small"
          aria-label={`Copy the measurements as ${format}`}
          onClick={() => void copy(format).catch(reportError)}
        >
          {done?.format === format ? done.how : `Copy ${format}`}
        </button>
      ))}
    </div>
  );
}
