import { useEffect } from 'react';
import { useStore } from 'zustand';
import { dismissInterrupted, interruptedStore, lookForInterrupted } from '../state/interrupted.ts';
import { continueKept } from '../state/kept.ts';
import { interruptedText } from './bannerText.ts';
import { useDeviceUse } from './panels/useDeviceUse.ts';

/** On a page that shows nothing yet: the run that broke off last, perhaps with the browser. */
export function InterruptedBanner() {
  const about = useStore(interruptedStore, (state) => state.about);
  const use = useDeviceUse();
  useEffect(() => void lookForInterrupted(), []);
  if (!about) return null;
  return (
    <aside className="shared-banner" aria-label="Interrupted run">
      <p>
        <strong>{interruptedText(about)}</strong> It can go on from its last checkpoint.
      </p>
      <div className="buttons">
        <button
          type="button"
          className="primary small"
          title="Opens its model and data, and goes on with it"
          disabled={use !== null}
          onClick={() => void continueKept(about.id)}
        >
          Continue
        </button>
        <button type="button" className="quiet small" onClick={dismissInterrupted}>
          Not now
        </button>
      </div>
    </aside>
  );
}
