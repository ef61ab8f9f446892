import { useStore } from 'zustand';
import { cancelContinue, continueStore } from '../state/continuing.ts';
import { dataStore } from '../state/data.ts';
import { droppedStore } from '../state/dropped.ts';
import { keepShown } from '../state/kept.ts';
import { modelStore } from '../state/model.ts';
import { changeRecipe } from '../state/recipe.ts';
import { recognise } from '../state/recognise.ts';
import { continueShown, reproduce, runShownRecipe, verify } from '../state/reproduce.ts';
import { sessionStore } from '../state/session.ts';
import { leaveSession } from '../state/share.ts';
import { shownStore } from '../state/shownEntry.ts';
import { InterruptedBanner } from './InterruptedBanner.tsx';
import { bannerOf } from './bannerText.ts';
import type { Banner, BannerAction } from './bannerText.ts';
import { useDeviceUse } from './panels/useDeviceUse.ts';
import './banner.css';

const offers: Record<BannerAction, { label: string; title: string; act: () => unknown }> = {
  continue: {
    label: 'Continue',
    title: 'Opens its model and data, and goes on with it',
    act: continueShown,
  },
  reproduce: {
    label: 'Reproduce',
    title: 'Runs its recipe again from its seed, and shows each difference',
    act: reproduce,
  },
  verify: {
    label: 'Verify',
    title: 'Scores its front again, with its own adapters, and shows each difference',
    act: verify,
  },
  run: {
    label: 'Run this recipe here',
    title: 'Runs its recipe on the model and the data that are open',
    act: runShownRecipe,
  },
  recipe: { label: 'Use its recipe', title: 'For the next run', act: useItsRecipe },
  keep: { label: 'Keep in this browser', title: 'Puts it among your sessions', act: keepShown },
  kept: { label: 'Kept in this browser', title: 'It is among your sessions', act: () => undefined },
};

const needsDevice: ReadonlySet<BannerAction> = new Set(['continue', 'reproduce', 'verify', 'run']);

function useItsRecipe(): void {
  const { recipe } = sessionStore.getState().view;
  if (recipe) changeRecipe(recipe);
}

/** Says that what is on the page is not the run whose model is at hand, and what can be done with it. */
export function SharedBanner() {
  const banner = useBanner();
  const { opening, waiting } = useStore(continueStore);
  const use = useDeviceUse();
  const empty = useStore(sessionStore, ({ origin }) => origin === 'none');
  if (empty) return <InterruptedBanner />;
  if (!banner) return null;
  return (
    <aside className="shared-banner" aria-label={banner.name}>
      <p>
        <strong>{banner.title}</strong> <About /> <span className="soft">{banner.hint}</span>
      </p>
      <div className="buttons">
        {banner.actions.map((action) => (
          <Offer
            key={action}
            action={action}
            disabled={needsDevice.has(action) ? use !== null : use === 'run' || opening}
          />
        ))}
        {waiting && (
          <button type="button" className="quiet small" onClick={cancelContinue}>
            Cancel
          </button>
        )}
        {banner.leave !== null && (
          <button
            type="button"
            className="quiet small"
            disabled={use === 'run' || opening}
            onClick={leaveSession}
          >
            {banner.leave}
          </button>
        )}
      </div>
    </aside>
  );
}

function Offer({ action, disabled }: { action: BannerAction; disabled: boolean }) {
  const { label, title, act } = offers[action];
  return (
    <button
      type="button"
      className={action === 'continue' ? 'primary small' : 'quiet small'}
      title={title}
      disabled={disabled || action === 'kept'}
      onClick={() => void act()}
    >
      {label}
    </button>
  );
}

function useBanner(): Banner | null {
  const origin = useStore(sessionStore, (state) => state.origin);
  const entry = useStore(sessionStore, (state) => state.entry);
  const view = useStore(sessionStore, (state) => state.view);
  const model = useStore(modelStore, (state) => state.summary);
  const data = useStore(dataStore, (state) => state.summary);
  const { about, elsewhere } = useStore(shownStore);
  const resumable = useStore(droppedStore, (state) => state.resumable);
  const waiting = useStore(continueStore, (state) => state.waiting !== null && state.waiting.id === entry);
  const kept = about?.state ?? null;
  const open = recognise(view, { model, data });
  const names = { model: model?.name ?? null, data: data?.name ?? null };
  return bannerOf({ origin, view, kept, resumable, elsewhere, waiting, open, names });
}

function About() {
  const { model, data, device, date } = useStore(sessionStore, (state) => state.view);
  const day =
    date && !Number.isNaN(Date.parse(date))
      ? new Date(date).toLocaleDateString('en-GB', { dateStyle: 'medium' })
      : null;
  return <>{[model?.name, data?.name, device?.adapter, day].filter(Boolean).join(' · ')}.</>;
}
