import { useId } from 'react';
import { useStore } from 'zustand';
import { hubStore, setHubToken } from '../../state/hub.ts';
import type { HubKind } from '../../workers/hub.protocol.ts';

/** For private and gated repositories. It is nowhere but in this page's memory. */
export function HubToken({ kind }: { kind: HubKind }) {
  const id = useId();
  const token = useStore(hubStore, (state) => state.token);
  return (
    <details className="hub-token">
      <summary>Private or gated?</summary>
      <label htmlFor={id}>Access token</label>
      <input
        id={id}
        // Not the name of a field that browsers offer to remember.
        name={`hub-${kind}`}
        type="password"
        value={token}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setHubToken(event.target.value)}
      />
      <p className="hint">
        Sent to huggingface.co with what you look up, and forgotten when this page closes: never stored, never
        part of a link or a session.
      </p>
    </details>
  );
}
