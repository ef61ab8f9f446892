import { useState } from 'react';
import { useStore } from 'zustand';
import { isRunActive, sessionStore } from '../../state/session.ts';
import { recoveryText } from './recoveryText.ts';

/**
 * What broke a run of this page off and where it went on: calm, since it did. Only for whoever saw it going on: what became
 * of a session that was finished before, perhaps by somebody else, is in its report.
 */
export function RecoveryNote() {
  const isOurs = useStore(sessionStore, (state) => state.origin === 'run');
  const recoveries = useStore(sessionStore, (state) => state.view.recoveries);
  const id = useStore(sessionStore, (state) => state.id);
  const active = useStore(sessionStore, isRunActive);
  const [seen, see] = useState<number | null>(null);
  const [dismissed, dismiss] = useState<string | null>(null);
  if (active && seen !== id) see(id);
  const last = recoveries.at(-1);
  // A run that goes on sends its whole log again, so it is no matter which object says it.
  const which = last && `${id} ${last.at} ${last.message}`;
  if (!isOurs || !last || which === dismissed || seen !== id) return null;
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
      <button type="button" className="icon" aria-label="Dismiss" onClick={() => dismiss(which ?? null)}>
        ✕
      </button>
    </aside>
  );
}
