import { useState } from 'react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { bytes } from '../../session/format.ts';
import { deleteDownload, hubStore, isHubBusy, openSelection } from '../../state/hub.ts';
import type { DamagedEntry, HubEntry, HubKind } from '../../workers/hub.protocol.ts';
import { Confirm } from './LibraryConfirm.tsx';

/** What was downloaded before: it opens without a connection. What is damaged is of no kind, and listed with both. */
export function HubDownloads({ kind, disabled }: { kind: HubKind; disabled: boolean }) {
  const all = useStore(hubStore, (state) => state.entries);
  const damaged = useStore(hubStore, (state) => state.damaged);
  const busy = useStore(hubStore, (state) => isHubBusy(state[kind]));
  const entries = all.filter(({ selection }) => selection.kind === kind);
  if (entries.length + damaged.length === 0) return null;
  const used = [...entries.map(({ kept }) => kept), ...damaged.map((entry) => entry.bytes)];
  return (
    <div className="hub-downloads">
      <h3>Downloaded, {bytes(used.reduce((sum, size) => sum + size, 0))} in this browser</h3>
      <ul aria-label="Downloads">
        {entries.map((entry) => (
          <Row key={entry.key} entry={entry} disabled={disabled || busy} />
        ))}
        {damaged.map((entry) => (
          <DamagedRow key={entry.key} entry={entry} disabled={disabled || busy} />
        ))}
      </ul>
    </div>
  );
}

function Row({ entry, disabled }: { entry: HubEntry; disabled: boolean }) {
  const { key, selection, bytes: total, kept, complete } = entry;
  const { name, label, commit } = selection;
  const size = complete ? bytes(total) : `${bytes(kept)} of ${bytes(total)}`;
  return (
    <li className="hub-row">
      <span className="hub-file" title={`${name}, ${label}, commit ${commit}`}>
        {name} <span className="hub-commit">{label}</span>
      </span>
      <span className="hub-size">{size}</span>
      <Deletable id={key} name={`${name} (${label})`} disabled={disabled}>
        <button
          type="button"
          className="quiet small"
          aria-label={`${complete ? 'Open' : 'Resume'} ${name} (${label})`}
          disabled={disabled}
          onClick={() => void openSelection(selection)}
        >
          {complete ? 'Open' : 'Resume'}
        </button>
      </Deletable>
    </li>
  );
}

function DamagedRow({ entry: { key, bytes: size }, disabled }: { entry: DamagedEntry; disabled: boolean }) {
  return (
    <li className="hub-row">
      <span className="hub-file" title="Its record cannot be read, or is of another version of Pare">
        Damaged download <span className="hub-commit">{key.slice(0, 7)}</span>
      </span>
      <span className="hub-size">{bytes(size)}</span>
      <Deletable id={key} name={`damaged download ${key.slice(0, 7)}`} disabled={disabled} />
    </li>
  );
}

interface DeletableProps {
  id: string;
  name: string;
  disabled: boolean;
  /** What else can be done with it. */
  children?: ReactNode;
}

/** The buttons of a row; deleting is asked about in their place. */
function Deletable({ id, name, disabled, children }: DeletableProps) {
  const [asking, setAsking] = useState(false);
  if (asking)
    return (
      <Confirm yes="Delete" no="Keep" onYes={() => void deleteDownload(id)} onNo={() => setAsking(false)} />
    );
  return (
    <>
      {children}
      <button
        type="button"
        className="quiet small"
        aria-label={`Delete ${name}`}
        disabled={disabled}
        onClick={() => setAsking(true)}
      >
        Delete
      </button>
    </>
  );
}
