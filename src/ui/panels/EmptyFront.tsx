import { useStore } from 'zustand';
import type { SessionView } from '../../session/view.ts';
import { dataStore } from '../../state/data.ts';
import { modelStore } from '../../state/model.ts';
import { nextText } from './statusText.ts';

/** What will be here, drawn faintly, and the way to it. */
export function EmptyFront({ view }: { view: SessionView }) {
  const opened = useStore(modelStore, ({ summary }) => summary !== null);
  const hasData = useStore(dataStore, ({ summary }) => summary !== null);
  const next = nextText(view);
  return (
    <div className="empty-front">
      <svg viewBox="0 0 480 220" aria-hidden="true">
        <path className="empty-axis" d="M40 10V190H470" />
        <path
          className="empty-ticks"
          d="M110 190v6M180 190v6M250 190v6M320 190v6M390 190v6M460 190v6M40 154h-6M40 118h-6M40 82h-6M40 46h-6"
        />
        <path className="empty-line" d="M70 168H104V132H150V104H206V78H270V58H352V44H456" />
        {[
          [70, 168],
          [104, 132],
          [150, 104],
          [206, 78],
          [270, 58],
          [352, 44],
        ].map(([x, y]) => (
          <circle key={x} className="empty-dot" cx={x} cy={y} r="5" />
        ))}
        {[
          [140, 150],
          [190, 128],
          [236, 110],
          [262, 138],
          [310, 92],
          [338, 120],
          [396, 74],
          [430, 98],
        ].map(([x, y]) => (
          <circle key={x} className="empty-crowd" cx={x} cy={y} r="3" />
        ))}
      </svg>
      {next !== null ? (
        <p>{next}</p>
      ) : (
        <ol>
          <li data-done={opened && hasData}>
            Open a <strong>model</strong> and <strong>data</strong>, or use the demo.
          </li>
          <li>
            Pick a <strong>recipe</strong>, press <strong>Run</strong>, and watch the front grow.
          </li>
          <li>
            Choose a point, try its text, and <strong>export</strong> the smaller model.
          </li>
        </ol>
      )}
    </div>
  );
}
