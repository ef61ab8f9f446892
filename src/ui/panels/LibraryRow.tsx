import { useRef, useState } from 'react';
import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import { bytes } from '../../session/format.ts';
import {
  continueKept,
  deleteSession,
  duplicateSession,
  nameOf,
  openKept,
  renameSession,
  saveKept,
} from '../../state/kept.ts';
import { libraryStore } from '../../state/library.ts';
import type { LibraryEntry } from '../../state/library.ts';
import { liveRun, sessionStore } from '../../state/session.ts';
import { Confirm, takeFocus } from './LibraryConfirm.tsx';
import { libraryId } from './LibraryButton.tsx';
import { dateOf, outcomeOf, statusOf } from './libraryText.ts';
import type { EntryPlace } from './libraryText.ts';
import { useDeviceUse } from './useDeviceUse.ts';

interface Props {
  entry: LibraryEntry;
  isSelected: boolean;
  onSelect: (id: string, on: boolean) => void;
}

/** One session: what it is, and its buttons, each of which names it to whoever does not see the row. */
export function LibraryRow({ entry, isSelected, onSelect }: Props) {
  const [renaming, setRenaming] = useState<'no' | 'yes' | 'done'>('no');
  const name = nameOf(entry);
  const busy = useDeviceUse() === 'run';
  const shown = useStore(sessionStore, (state) => state.entry === entry.id);
  const isElsewhere = useStore(libraryStore, (state) => state.elsewhere.has(entry.id));
  const isLive = liveRun()?.entry === entry.id;
  const status = statusOf(entry, { isLive, isElsewhere });
  return (
    <li className="library-row" aria-current={shown}>
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        checked={isSelected}
        onChange={(event) => onSelect(entry.id, event.target.checked)}
      />
      <div className="library-what">
        {renaming === 'yes' ? (
          <Rename entry={entry} onDone={(byKey) => setRenaming(byKey ? 'done' : 'no')} />
        ) : (
          <button
            ref={renaming === 'done' ? takeFocus : undefined}
            type="button"
            className="library-open"
            disabled={busy}
            title="Show its charts and its table"
            onClick={() => void openKept(entry.id)}
          >
            {name}
          </button>
        )}
        <span className="soft">
          {entry.name !== '' &&
            `${presets[entry.method].label} · ${entry.model.name} · seed ${entry.seed} · `}
          {entry.data.name} · {status} · {outcomeOf(entry)}
        </span>
      </div>
      <span className="soft library-when">
        {dateOf(entry.created)}
        {entry.pageOnly ? ' · this page only' : ` · ${bytes(entry.bytes)}`}
      </span>
      <Actions
        entry={entry}
        name={name}
        place={{ isLive, isElsewhere }}
        onRename={() => setRenaming('yes')}
      />
    </li>
  );
}

interface Offer {
  label: string;
  disabled: boolean;
  act: () => void;
}

interface ActionProps {
  entry: LibraryEntry;
  name: string;
  place: EntryPlace;
  onRename: () => void;
}

function Actions({ entry, name, place, onRename }: ActionProps) {
  const [deleting, setDeleting] = useState<'no' | 'yes' | 'kept'>('no');
  const use = useDeviceUse();
  const isActive = useStore(sessionStore, (state) => use === 'run' && state.entry === entry.id);
  const { id, state, pageOnly } = entry;
  const remove = () => {
    setDeleting('no');
    // Its row goes, and the focus with it.
    document.getElementById(libraryId)?.focus();
    void deleteSession(id);
  };
  if (deleting === 'yes') {
    return (
      <div className="library-actions">
        <Confirm yes="Delete it" no="Keep it" onYes={remove} onNo={() => setDeleting('kept')} />
      </div>
    );
  }
  const offers: Offer[] = [
    { label: 'Rename', disabled: pageOnly, act: onRename },
    { label: 'Duplicate', disabled: pageOnly, act: () => void duplicateSession(id) },
    { label: 'Save file', disabled: false, act: () => void saveKept(id) },
    { label: 'Delete', disabled: isActive || place.isElsewhere, act: () => setDeleting('yes') },
  ];
  // A finished run whose model is at hand needs no continuing.
  if (state === 'run' || (state === 'finished' && !place.isLive))
    offers.unshift({
      label: 'Continue',
      disabled: use !== null || place.isElsewhere,
      act: () => void continueKept(id),
    });
  return (
    <div className="library-actions">
      {offers.map(({ label, disabled, act }) => (
        <button
          key={label}
          ref={label === 'Delete' && deleting === 'kept' ? takeFocus : undefined}
          type="button"
          className="quiet small"
          aria-label={`${label} ${name}`}
          disabled={disabled}
          onClick={act}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** Enter and leaving the field rename it, Escape does not. */
function Rename({ entry, onDone }: { entry: LibraryEntry; onDone: (byKey: boolean) => void }) {
  const [text, setText] = useState(nameOf(entry));
  const given = useRef(nameOf(entry));
  const byKey = useRef(false);
  const finish = () => {
    if (text.trim() !== given.current) void renameSession(entry.id, text);
    onDone(byKey.current);
  };
  return (
    <input
      // The button that was pressed has given way to it.
      ref={takeFocus}
      aria-label={`Name of ${nameOf(entry)}`}
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.stopPropagation();
        // What is given up is what it was already.
        if (event.key === 'Escape') given.current = text.trim();
        byKey.current = true;
        event.currentTarget.blur();
      }}
    />
  );
}
