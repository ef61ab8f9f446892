import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { bytes } from '../../session/format.ts';
import { compareSessions, forgetEverything } from '../../state/kept.ts';
import { libraryStore, refreshLibrary, showLibrary } from '../../state/library.ts';
import { FilePicker } from '../drop/FilePicker.tsx';
import { libraryId } from './LibraryButton.tsx';
import { Confirm, isAnswer, takeFocus } from './LibraryConfirm.tsx';
import { LibraryRow } from './LibraryRow.tsx';
import { useDeviceUse } from './useDeviceUse.ts';
import './library.css';

/** All sessions that this browser keeps, and what can be done with each. Escape puts it away. */
export default function LibraryShelf() {
  const { entries, read, notice } = useStore(libraryStore);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const selected = entries.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const shelf = useShelf();
  const select = (id: string, on: boolean) => {
    const next = new Set(selected);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <section ref={shelf} id={libraryId} className="panel library" aria-label="Library" tabIndex={-1}>
      <Head selected={selected} />
      {notice !== null && (
        <p className="refusal" role="status">
          {notice}
        </p>
      )}
      {!read && (
        <p className="loading" role="status">
          Reading…
        </p>
      )}
      {read && entries.length === 0 && (
        <p className="hint">
          {notice === null
            ? 'None yet. Each run is kept here as it goes, so that it can be looked at again, continued after the page was closed, and compared with others. Nothing of it leaves this machine.'
            : 'None yet. The runs of this page will be listed here.'}
        </p>
      )}
      {entries.length > 0 && (
        <ol aria-label="Sessions">
          {entries.map((entry) => (
            <LibraryRow key={entry.id} entry={entry} isSelected={chosen.has(entry.id)} onSelect={select} />
          ))}
        </ol>
      )}
      {read && <p className="hint">A session file (.pare) can also be dropped anywhere on the page.</p>}
    </section>
  );
}

/** Takes the focus, gives it back with Escape, and follows what other tabs do. */
function useShelf() {
  const shelf = useRef<HTMLElement>(null);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const escape = (event: KeyboardEvent) => {
      // In a name, Escape gives up the renaming.
      const inName = event.target instanceof HTMLInputElement && event.target.type === 'text';
      if (event.key === 'Escape' && !inName && !isAnswer(event.target)) putAway();
    };
    shelf.current?.focus();
    shelf.current?.addEventListener('keydown', escape, { signal });
    window.addEventListener('focus', () => void refreshLibrary(), { signal });
    return () => listening.abort();
  }, []);
  return shelf;
}

function Head({ selected }: { selected: readonly string[] }) {
  return (
    <header className="panel-head">
      <h2>Sessions</h2>
      <div className="panel-aside">
        <button
          type="button"
          className="quiet small"
          disabled={selected.length < 2}
          title="Select two or more"
          onClick={() => void compareSessions(selected)}
        >
          Compare{selected.length > 1 ? ` ${selected.length}` : ''}
        </button>
        <FilePicker label="Open session file" accept=".pare" />
        <Forget />
      </div>
      <button type="button" className="icon" aria-label="Close sessions" onClick={putAway}>
        ✕
      </button>
    </header>
  );
}

function putAway(): void {
  showLibrary(false);
  document.querySelector<HTMLElement>('#library-button')?.focus();
}

/** How much is kept, and the way to be rid of all of it. */
function Forget() {
  const used = useStore(libraryStore, (state) => state.bytes);
  const none = useStore(libraryStore, (state) => state.entries.length === 0 && state.bytes === 0);
  const [asking, setAsking] = useState<'no' | 'yes' | 'kept'>('no');
  const busy = useDeviceUse() === 'run';
  const forget = () => {
    setAsking('no');
    document.getElementById(libraryId)?.focus();
    void forgetEverything();
  };
  if (asking === 'yes') {
    return (
      <>
        <span>Delete all sessions, and the models and data kept for them?</span>
        <Confirm yes="Delete everything" no="Keep everything" onYes={forget} onNo={() => setAsking('kept')} />
      </>
    );
  }
  return (
    <>
      <span className="soft">{bytes(used)} used</span>
      <button
        ref={asking === 'kept' ? takeFocus : undefined}
        type="button"
        className="quiet small"
        disabled={busy || none}
        onClick={() => setAsking('yes')}
      >
        Forget everything
      </button>
    </>
  );
}
