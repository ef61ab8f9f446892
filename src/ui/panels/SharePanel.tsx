import { useState } from 'react';
import { useStore } from 'zustand';
import type { SessionView } from '../../session/view.ts';
import { saveReport } from '../../state/report.ts';
import { sessionStore } from '../../state/session.ts';
import { copyShareLink, saveSession } from '../../state/share.ts';
import { Panel } from '../controls/Panel.tsx';

type Shared = Awaited<ReturnType<typeof copyShareLink>>;

export function SharePanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const empty = view.status === 'empty';
  const [copied, setCopied] = useState<{ of: SessionView; shared: Shared } | null>(null);
  // A link shows the session as it was; once there is more of it, the old link must not look like the current one.
  const shared = copied?.of === view ? copied.shared : null;
  const [saved, setSaved] = useState<{ name: string | null; date: string | null } | null>(null);
  const save = async (write: () => Promise<string | null>) => {
    setSaved(null);
    setSaved({ name: await write(), date: view.date });
  };
  const copy = async () => {
    const made = await copyShareLink();
    setCopied({ of: sessionStore.getState().view, shared: made });
  };
  return (
    <Panel title="Share">
      <p className="hint">
        The whole search fits in a link: recipe, scores and genomes, with the date and the names of the model,
        the data and the GPU. Weights and text are never in it. The session file has its adapters, too, so
        that it can be verified and continued.
      </p>
      <div className="buttons">
        <button type="button" disabled={empty} onClick={() => void copy()}>
          Copy share link
        </button>
        <button type="button" className="quiet" disabled={empty} onClick={() => void save(saveSession)}>
          Save session
        </button>
        <button
          type="button"
          className="quiet"
          disabled={empty}
          title="Charts, tables and recipe as one HTML file, for those who have no Pare"
          onClick={() => void save(saveReport)}
        >
          Save report
        </button>
      </div>
      {saved?.name && saved.date === view.date && (
        <p role="status">
          Saved <strong>{saved.name}</strong>
        </p>
      )}
      {shared && <Link {...shared} />}
    </Panel>
  );
}

/** The link that was copied, or is to be: not every browser lets a page write the clipboard. */
function Link({ address, copied, notice }: NonNullable<Shared>) {
  return (
    <div className="shared" role="status">
      <p>
        {copied ? 'Copied' : 'Copy it from here'}
        <span className="soft"> · {(address.length / 1000).toFixed(1)} kB</span>
      </p>
      <input readOnly aria-label="Share link" value={address} onFocus={(event) => event.target.select()} />
      {notice && <p className="hint">{notice}</p>}
    </div>
  );
}
