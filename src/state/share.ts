import { decodeLink, encodeLink, isLink } from '../session/link.ts';
import type { EncodedLink } from '../session/link.ts';
import { readSessionFile, writeSessionFile } from '../session/file.ts';
import { notify, reportError, withdraw } from './notices.ts';
import { platform } from './platform.ts';
import { changeRecipe } from './recipe.ts';
import { historyStore } from './history.ts';
import { closeSession, isRunActive, sessionLog, sessionStore, showRun, showSession } from './session.ts';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';

/** The link of the session on the page, whole address included. */
export function shareLink(): EncodedLink & { address: string } {
  const log = sessionLog();
  if (log.length === 0)
    throw new PareError('share-empty', 'There is no session to share yet.', 'Press Run first.');
  const link = encodeLink(log);
  return { ...link, address: platform().address.read().replace(/#.*$/s, '') + link.fragment };
}

/** Copies the link; gives it back for the page to show, since not every browser lets a page write the clipboard. */
export async function copyShareLink(): Promise<{
  address: string;
  notice: string | null;
  copied: boolean;
} | null> {
  try {
    const { address, notice, fragment } = shareLink();
    platform().address.replaceFragment(fragment);
    return { address, notice, copied: await platform().copy(address) };
  } catch (error) {
    reportError(error);
    return null;
  }
}

/** A finished session is in the page's address, so that reloading or bookmarking it loses nothing. */
export function shareInAddress(): void {
  try {
    if (!isRunActive() && sessionLog().length > 0) platform().address.replaceFragment(shareLink().fragment);
  } catch {
    // Too long for a link: the Share panel says so when it is asked; the address stays as it was.
  }
}

/** Shows a run of this page again, in the address too. */
export function revisitRun(id: number): void {
  if (isRunActive()) return;
  showRun(id);
  shareInAddress();
}

/** Leaves a session that was opened or looked back at, for the latest run made here, where there is one. */
export function leaveSession(): void {
  platform().address.clearFragment();
  const [newest] = historyStore.getState().runs;
  if (newest) revisitRun(newest.id);
  else closeSession();
}

/** Opens whatever session the fragment holds; other fragments are none of our business. */
export function openLink(fragment: string): void {
  if (!isLink(fragment)) return;
  openSession(() => decodeLink(fragment), 'link');
}

export async function openSessionFile(file: Blob): Promise<void> {
  try {
    const content = new Uint8Array(await file.arrayBuffer());
    openSession(() => readSessionFile(content), 'file');
  } catch (error) {
    reportError(error);
  }
}

function openSession(read: () => SessionEvent[], origin: 'link' | 'file'): void {
  try {
    if (isRunActive()) {
      throw new PareError(
        'session-busy',
        'A run is going on.',
        'Stop it first, or open the session in another tab.',
      );
    }
    showSession(read(), origin);
    withdraw(origin);
    const { recipe } = sessionStore.getState().view;
    if (recipe) changeRecipe(recipe);
  } catch (error) {
    reportError(error);
  }
}

export async function saveSession(): Promise<void> {
  const log = sessionLog();
  if (log.length === 0) return notify('share-empty', 'There is no session to save yet.');
  try {
    const { model, recipe } = sessionStore.getState().view;
    const name = [model?.name ?? 'session', recipe?.method].filter(Boolean).join('-');
    await platform().save(`${name.replace(/[^\w.-]+/g, '-')}.pare`, writeSessionFile(log));
  } catch (error) {
    reportError(error);
  }
}
