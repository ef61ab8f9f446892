import { blobSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { writeSessionFile } from '../session/file.ts';
import { decodeLink, encodeLink, isLink } from '../session/link.ts';
import type { EncodedLink } from '../session/link.ts';
import type { SavedSession } from '../session/checkpoint.ts';
import { decodeRecipeLink, isRecipeLink } from '../session/recipe-link.ts';
import { shareInAddress } from './address.ts';
import { cancelContinue, isBusy } from './continuing.ts';
import { droppedStore } from './dropped.ts';
import { engineIfStarted } from './engine.ts';
import { historyStore } from './history.ts';
import { library } from './library.ts';
import { notify, reportError, withdraw } from './notices.ts';
import { platform } from './platform.ts';
import { changeRecipe } from './recipe.ts';
import { isRunning } from './run.ts';
import { closeSession, liveRun, sessionLog, sessionStore, showRun, showSession } from './session.ts';
import { streamOf } from '../storage/content.ts';

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

/** Shows a run of this page again, in the address too. */
export function revisitRun(id: number): void {
  if (isRunning()) return;
  cancelContinue();
  showRun(id);
  shareInAddress();
}

/** Leaves a session that was opened or looked back at, for the latest run made here, where there is one. */
export function leaveSession(): void {
  cancelContinue();
  const { runs } = historyStore.getState();
  const next = runs.find(({ id }) => id === liveRun()?.id) ?? runs[0];
  if (next && next.id !== sessionStore.getState().id) return revisitRun(next.id);
  closeSession();
  shareInAddress();
}

/** Opens whatever session or recipe the fragment holds; other fragments are none of our business. */
export function openLink(fragment: string): void {
  if (isRecipeLink(fragment)) openRecipeLink(fragment);
  else if (isLink(fragment)) open(() => decodeLink(fragment), 'link');
}

function openRecipeLink(fragment: string): void {
  try {
    if (isRunning()) throw isBusy();
    const recipe = decodeRecipeLink(fragment);
    withdraw('link');
    cancelContinue();
    closeSession();
    changeRecipe(recipe);
  } catch (error) {
    reportError(error);
  }
}

/** Shows a session file. It is taken into the library when the user asks for what needs it there. */
export async function openSessionFile(file: Blob): Promise<void> {
  try {
    const { log, checkpoint } = await readSession(file);
    if (open(() => [...log], 'file')) droppedStore.setState({ file, resumable: checkpoint !== null });
  } catch (error) {
    reportError(error);
  }
}

export async function readSession(file: Blob): Promise<SavedSession> {
  // Few sessions are files: its reader is loaded with the first.
  const { openSavedSession } = await import('../session/saved-session.ts');
  return openSavedSession(blobSource(file instanceof File ? file.name : 'session.pare', file));
}

/** Shows a session read-only, and makes its recipe that of the next run; whether it could be read. */
function open(read: () => Parameters<typeof showSession>[0], origin: 'link' | 'file'): boolean {
  try {
    if (isRunning()) throw isBusy();
    const log = read();
    cancelContinue();
    droppedStore.setState({ file: null, resumable: false });
    showSession(log, origin);
    withdraw(origin);
    const { recipe } = sessionStore.getState().view;
    if (recipe) changeRecipe(recipe);
    return true;
  } catch (error) {
    reportError(error);
    return false;
  }
}

/** The session as a file: with its adapters where the library has them, else its log. Its name; null where there is none. */
export async function saveSession(): Promise<string | null> {
  const log = sessionLog();
  if (log.length === 0) {
    notify('share-empty', 'There is no session to save yet.');
    return null;
  }
  try {
    const { entry } = sessionStore.getState();
    const content = (entry && (await keptFile(entry))) || droppedStore.getState().file?.stream();
    const name = fileName();
    await platform().save(name, content ?? writeSessionFile(log));
    return name;
  } catch (error) {
    reportError(error);
    return null;
  }
}

function fileName(): string {
  const { model, recipe } = sessionStore.getState().view;
  const name = [model?.name ?? 'session', recipe?.method].filter(Boolean).join('-');
  return `${name.replace(/[^\w.-]+/g, '-')}.pare`;
}

/** The worker's own library knows the newest, and where storage is denied it is the only one; no engine is started for it. */
export async function keptFile(entry: string): Promise<ReadableStream<Uint8Array> | null> {
  const client = await engineIfStarted();
  const exported = await client?.sessionFile(entry);
  if (exported) return exported.stream;
  const file = await (await library()).file(entry);
  return file && streamOf(file);
}
