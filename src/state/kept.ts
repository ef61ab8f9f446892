import { PareError } from '../lib/assert.ts';
import { presets } from '../recipes/presets.ts';
import type { SavedSession } from '../session/checkpoint.ts';
import { writeSessionFile } from '../session/file.ts';
import { viewOf } from '../session/reduce.ts';
import { aboutOf } from '../storage/about.ts';
import type { SessionAbout } from '../storage/about.ts';
import { compare } from './compare.ts';
import { cancelContinue, continueEntry, continueStore, isBusy, isElsewhere } from './continuing.ts';
import { columnsOfLog } from './data.ts';
import { droppedStore } from './dropped.ts';
import { engine } from './engine.ts';
import { forgetRun, historyStore, runOfEntry } from './history.ts';
import { entryOf, library, libraryStore, refreshLibrary } from './library.ts';
import { heldElsewhere } from './locks.ts';
import { reportError, withdraw } from './notices.ts';
import { platform } from './platform.ts';
import { changeRecipe } from './recipe.ts';
import { isRunning, newEntry } from './run.ts';
import { liveRun, loseLiveRun, sessionLog, sessionStore, showSession } from './session.ts';
import { keptFile, leaveSession, revisitRun } from './share.ts';
import { lookUp } from './shownEntry.ts';

/**
 * What can be done with the sessions of the library, by the id of their entry. What fails is said on the page.
 */

export const nameOf = ({ name, method, model, seed }: SessionAbout): string =>
  name || `${presets[method].label} · ${model.name} · seed ${seed}`;

/** Every action ends with the list as it is then. */
async function change(act: () => Promise<void>): Promise<void> {
  withdraw('session');
  try {
    await act();
  } catch (error) {
    reportError(error);
  }
  await refreshLibrary();
}

/** Shows a session of the library. A run of this page is shown with all that can be done with it. */
export async function openKept(id: string): Promise<void> {
  try {
    if (isRunning()) throw isBusy();
    const run = runOfEntry(id);
    if (run) return revisitRun(run.id);
    const { log } = await readKept(id);
    cancelContinue();
    showSession(log, 'kept', id);
    const { recipe } = sessionStore.getState().view;
    if (recipe) changeRecipe(recipe);
  } catch (error) {
    reportError(error);
  }
}

async function readKept(id: string): Promise<Pick<SavedSession, 'log'>> {
  const file = await (await library()).file(id);
  const run = runOfEntry(id);
  if (!file && run) return run;
  if (!file) throw isMissing();
  const { openSavedSession } = await import('../session/saved-session.ts');
  return openSavedSession(file);
}

const isMissing = (): PareError =>
  new PareError(
    'session-missing',
    'This session is no longer kept in this browser.',
    'It may have been deleted in another tab, or by the browser. Open its link or its file instead.',
  );

/** Goes on with an unfinished session, or brings a finished one's model back. */
export async function continueKept(id: string): Promise<void> {
  try {
    if (isRunning()) throw isBusy();
    const about = await (await library()).about(id);
    if (!about) throw isMissing();
    if (sessionStore.getState().entry !== id) await openKept(id);
    if (sessionStore.getState().entry === id)
      await continueEntry(about, columnsOfLog(sessionStore.getState().view.data));
  } catch (error) {
    reportError(error);
  }
}

export const renameSession = (id: string, name: string): Promise<void> =>
  change(async () => (await library()).rename(id, name.trim()));

export const duplicateSession = (id: string): Promise<void> =>
  change(async () => {
    const kept = await library();
    const about = await kept.about(id);
    if (!about) throw isMissing();
    await kept.duplicate(id, `${nameOf(about)} (copy)`.slice(0, 200));
  });

/** Whether nobody works on it; a run that goes on is refused before. */
async function requireFree(id: string): Promise<void> {
  if (isRunning() && id === liveRun()?.entry) throw isBusy();
  if ((await heldElsewhere()).has(id)) throw isElsewhere();
}

export const deleteSession = (id: string): Promise<void> =>
  change(async () => {
    await requireFree(id);
    await (await library()).remove(id);
    forgetRun(id);
    const wasShown = sessionStore.getState().entry === id;
    if (liveRun()?.entry === id) loseLiveRun();
    if (continueStore.getState().waiting?.id === id) cancelContinue();
    if (wasShown) leaveSession();
  });

export const saveKept = (id: string): Promise<void> =>
  change(async () => {
    const content = await keptFile(id);
    const entry = entryOf(id);
    const name = entry ? nameOf(entry) : 'session';
    const log = content ? null : (await readKept(id)).log;
    await platform().save(`${name.replace(/[^\w.-]+/g, '-')}.pare`, content ?? writeSessionFile(log ?? []));
  });

/** Lays the sessions over each other. */
export const compareSessions = (ids: readonly string[]): Promise<void> =>
  change(async () => {
    if (ids.length < 2)
      throw new PareError('session-compare', 'Comparing takes two sessions.', 'Select two or more.');
    await refreshLibrary();
    const sessions = await Promise.all(
      ids.map(async (id) => {
        const about = entryOf(id);
        return { id, name: about ? nameOf(about) : id, view: viewOf((await readKept(id)).log) };
      }),
    );
    compare(sessions);
  });

/** All sessions go, and the models and data that were kept for them. */
export const forgetEverything = (): Promise<void> =>
  change(async () => {
    if (isRunning()) throw isBusy();
    if ((await heldElsewhere()).size > 0) throw isElsewhere('A session');
    await (await library()).clear();
    loseLiveRun();
    cancelContinue();
    historyStore.setState({ runs: [] });
    if (sessionStore.getState().entry) leaveSession();
    libraryStore.setState({ entries: [], bytes: 0 });
  });

/** Takes the opened link or file into the library; gives back its entry, or null where that failed. */
export async function keepShown(): Promise<SessionAbout | null> {
  withdraw('session');
  try {
    const about = await (droppedStore.getState().file ? keepFile() : keepLog());
    sessionStore.setState({ entry: about.id });
    await lookUp();
    if (libraryStore.getState().shown) await refreshLibrary();
    return about;
  } catch (error) {
    reportError(error);
    return null;
  }
}

/** The worker checks all of the file. */
async function keepFile(): Promise<SessionAbout> {
  const { file } = droppedStore.getState();
  if (!file) throw new Error('no file is shown');
  const client = await engine();
  const { id, log, state } = await client.importSession(file);
  const kept = await (await library()).about(id);
  // Where storage is denied, only the worker knows it.
  return kept ?? aboutOf(log, { id, name: '', bytes: file.size, state, updated: new Date().toISOString() });
}

async function keepLog(): Promise<SessionAbout> {
  const log = sessionLog();
  if (log.length === 0)
    throw new PareError('share-empty', 'There is no session to keep yet.', 'Press Run first.');
  const updated = new Date().toISOString();
  const about = aboutOf(log, { id: newEntry(), name: '', bytes: 0, state: 'none', updated });
  await (await library()).save(about, writeSessionFile(log));
  return about;
}
