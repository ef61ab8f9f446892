import { useState } from 'react';
import { useStore } from 'zustand';
import { bytes } from '../../session/format.ts';
import { deleteDownload, hubStore, isHubBusy, openSelection } from '../../state/hub.ts';
import type { HubEntry, HubKind } from '../../workers/hub.protocol.ts';
import { Confirm } from './LibraryConfirm.tsx';

/** What was downloaded before: it opens without a connection. */
export function HubDownloads({ kind, disabled }: { kind: HubKind; disabled: boolean }) {
  const all = useStore(hubStore, (state) => state.entries);
  const busy = useStore(hubStore, (state) => isHubBusy(state[kind]));
  const entries = all.filter(({ selection }) => selection.kind === kind);
  if (entries.length === 0) return null;
  const used = entries.reduce((sum, { kept }) => sum + kept, 0);
  return (
    <div className="hub-downloads">
      <h3>Downloaded, {bytes(used)} in this browser</h3>
      <ul aria-label="Downloads">
        {entries.map((entry) => (
          <Row key={entry.key} entry={entry} disabled={disabled || busy} />
        ))}
      </ul>
    </div>
  );
}

function Row({ entry, disabled }: { entry: HubEntry; disabled: boolean }) {
  const [asking, setAsking] = useState(false);
  const { key, selection, bytes: total, kept, complete } = entry;
  const { name, label, commit } = selection;
  const size = complete ? bytes(total) : `${bytes(kept)} of ${bytes(total)}`;
  return (
    <li className="hub-row">
      <span className="hub-file" title={`${name}, ${label}, commit ${commit}`}>
        {name} <span className="hub-commit">{label}</span>
      </span>
      <span className="hub-size">{size}</span>
      {asking ? (
        <Confirm
          yes="Delete"
          no="Keep"
          onYes={() => void deleteDownload(key)}
          onNo={() => setAsking(false)}
        />
      ) : (
        <>
          <button
            type="button"
            className="quiet small"
            aria-label={`${complete ? 'Open' : 'Resume'} ${name} (${label})`}
            disabled={disabled}
            onClick={() => void openSelection(selection)}
          >
            {complete ? 'Open' : 'Resume'}
          </button>
          <button
            type="button"
            className="quiet small"
            aria-label={`Delete ${name} (${label})`}
            disabled={disabled}
            onClick={() => setAsking(true)}
          >
            Delete
          </button>
        </>
      )}
    </li>
  );
}
