import { useState } from 'react';
import { useStore } from 'zustand';
import type { Recovery } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { recoveryText } from './recoveryText.ts';

/** What broke a run of this page off and where it went on: calm, since it did. A shared session says so in its report. */
export function RecoveryNote() {
  const isOurs = useStore(sessionStore, (state) => state.origin === 'run');
  const recoveries = useStore(sessionStore, (state) => state.view.recoveries);
  const [dismissed, dismiss] = useState<Recovery | null>(null);
  const last = recoveries.at(-1);
  if (!isOurs || !last || last === dismissed) return null;
  const [message, consequence] = recoveryText(last);
  const earlier = recoveries.slice(0, -1);
  return (
    <aside className="notice" aria-label="Recovery">
      <div className="recovery">
        <p role="status">
          <strong>{message}</strong> {consequence}
        </p>
        {earlier.length > 0 && (
          <details>
            <summary>Recovered {recoveries.length} times</summary>
            <ol>
              {earlier.map((each) => (
                <li key={`${each.at} ${each.message}`}>{recoveryText(each).join(' ')}</li>
              ))}
            </ol>
          </details>
        )}
      </div>
      <button type="button" className="icon" aria-label="Dismiss" onClick={() => dismiss(last)}>
        ✕
      </button>
    </aside>
  );
}
