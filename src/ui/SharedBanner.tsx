import { useStore } from 'zustand';
import { closeSession, sessionStore } from '../state/session.ts';
import { platform } from '../state/platform.ts';

function close(): void {
  closeSession();
  platform().address.clearFragment();
}

/** Says that what is on the page was made elsewhere, and how to run it here. */
export function SharedBanner() {
  const origin = useStore(sessionStore, (state) => state.origin);
  const { model, data, device, date } = useStore(sessionStore, (state) => state.view);
  if ((origin !== 'link' && origin !== 'file') || !model) return null;
  const day =
    date && !Number.isNaN(Date.parse(date))
      ? new Date(date).toLocaleDateString('en-GB', { dateStyle: 'medium' })
      : null;
  const about = [model.name, data?.name, device?.adapter, day].filter(Boolean).join(' · ');
  return (
    <aside className="shared-banner" aria-label="Shared session">
      <p>
        <strong>{origin === 'link' ? 'A shared session, read-only.' : 'A saved session, read-only.'}</strong>{' '}
        {about}. <span className="soft">Its recipe is set: open a model and data to run it here.</span>
      </p>
      <button type="button" className="quiet small" onClick={close}>
        Close
      </button>
    </aside>
  );
}
