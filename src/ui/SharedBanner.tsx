import { useStore } from 'zustand';
import { changeRecipe } from '../state/recipe.ts';
import { sessionStore } from '../state/session.ts';
import type { Origin } from '../state/session.ts';
import { leaveSession } from '../state/share.ts';
import { useBusy } from './panels/useBusy.ts';

interface Words {
  title: string;
  hint: string;
  leave: string;
}

const words: Partial<Record<Origin, Words>> = {
  link: {
    title: 'A shared session, read-only.',
    hint: 'Its recipe is set: open a model and data to run it here.',
    leave: 'Close',
  },
  file: {
    title: 'A saved session, read-only.',
    hint: 'Its recipe is set: open a model and data to run it here.',
    leave: 'Close',
  },
  past: {
    title: 'An earlier run of this page, read-only.',
    hint: 'Its model is no longer in memory: run its recipe again to try or export it.',
    leave: 'Back to the latest run',
  },
};

/** Says that what is on the page is not the run whose model is at hand, and how to get there. */
export function SharedBanner() {
  const origin = useStore(sessionStore, (state) => state.origin);
  const { model, data, device, date, recipe } = useStore(sessionStore, (state) => state.view);
  const busy = useBusy();
  const said = words[origin];
  if (!said || !model) return null;
  const day =
    date && !Number.isNaN(Date.parse(date))
      ? new Date(date).toLocaleDateString('en-GB', { dateStyle: 'medium' })
      : null;
  const about = [model.name, data?.name, device?.adapter, day].filter(Boolean).join(' · ');
  return (
    <aside className="shared-banner" aria-label={origin === 'past' ? 'Earlier run' : 'Shared session'}>
      <p>
        <strong>{said.title}</strong> {about}. <span className="soft">{said.hint}</span>
      </p>
      {origin === 'past' && recipe && (
        <button type="button" className="quiet small" disabled={busy} onClick={() => changeRecipe(recipe)}>
          Use its recipe
        </button>
      )}
      <button type="button" className="quiet small" onClick={leaveSession}>
        {said.leave}
      </button>
    </aside>
  );
}
