import { bytes, roughly } from '../../session/format.ts';
import { cancelHub } from '../../state/hub.ts';
import type { HubState } from '../../state/hub.ts';
import { leftOf, rateOf } from '../../state/hubPace.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';

/** How far a download is. */
export function HubComing({ coming: { selection, pace } }: { coming: NonNullable<HubState['coming']> }) {
  const { done, total, file } = pace;
  const text = total > 0 ? `${bytes(done)} of ${bytes(total)}` : 'Beginning…';
  const [rate, left] = [rateOf(pace), leftOf(pace)];
  const parts = [text];
  if (rate !== null) parts.push(`${bytes(rate)} a second`);
  if (left !== null) parts.push(`${roughly(left)} left`);
  return (
    <div className="hub-coming">
      <p className="hub-file" title={file}>
        {selection.name}
        {file === '' ? '' : ` · ${file}`}
      </p>
      <ProgressBar
        label={`Download of ${selection.name}`}
        done={done}
        total={total}
        text={parts.join(', ')}
      />
      <div className="hub-row">
        <span>{parts.join(' · ')}</span>
        <button type="button" className="quiet small" onClick={() => void cancelHub(selection.kind)}>
          Cancel download
        </button>
      </div>
    </div>
  );
}
