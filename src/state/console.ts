import { PareError } from '../lib/assert.ts';
import { methods } from '../session/recipe.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Reproduction } from '../session/reproduction.ts';
import type { SessionView } from '../session/view.ts';
import type { DataSummary, DroppedFile, ModelSummary } from '../workers/studio.protocol.ts';
import type { HubEntry } from '../workers/hub.protocol.ts';
import type { SessionAbout } from '../storage/about.ts';
import { stopComparing } from './compare.ts';
import { cancelContinue } from './continuing.ts';
import { dataStore, openData, pickColumns } from './data.ts';
import { exportModel, refreshFormats } from './exporting.ts';
import { deleteDownload, hubStore, openFromHub, refreshDownloads, setHubToken } from './hub.ts';
import { historyStore } from './history.ts';
import type { KeptRun } from './history.ts';
import { openDropped } from './intake.ts';
import {
  compareSessions,
  continueKept,
  deleteSession,
  duplicateSession,
  forgetEverything,
  keepShown,
  openKept,
  renameSession,
  saveKept,
} from './kept.ts';
import { libraryStore, refreshLibrary } from './library.ts';
import type { LibraryEntry } from './library.ts';
import { modelStore, openModel } from './model.ts';
import { reportError } from './notices.ts';
import { measurePerformance, stopMeasuring } from './performance.ts';
import { askBoth, previewStore } from './preview.ts';
import {
  applyPublished,
  changeRecipe,
  chooseMethod,
  recipeStore,
  redoRecipe,
  resetRecipe,
  undoRecipe,
} from './recipe.ts';
import { continueShown, reproduce, runShownRecipe, stopReproducing, verify } from './reproduce.ts';
import { saveReport } from './report.ts';
import { tableText } from './results.ts';
import type { TableFormat, TableScope } from './results.ts';
import { choosePoint, pauseRun, resumeRun, startRun, stopRun } from './run.ts';
import { scoreModel, stopScoring } from './score.ts';
import { sessionLog, sessionStore } from './session.ts';
import {
  copyShareLink,
  leaveSession,
  openLink,
  openSessionFile,
  revisitRun,
  saveSession,
  shareLink,
} from './share.ts';
import { addTestSets, removeTestSet, testSetStore } from './testSets.ts';
import { sameGenome } from '../session/view.ts';

const named = (file: File): DroppedFile => ({ path: file.webkitRelativePath || file.name, file });

/** `window.pare`: all that the buttons do, for scripts and for the DevTools console. See docs/console.md. */
export const consoleApi = {
  useDemoModel: (): Promise<void> => openModel('demo'),
  useDemoData: (): Promise<void> => openData('demo'),
  /** Opens files as if they had been dropped on the page. */
  open: (files: Iterable<File>): Promise<void> => openDropped(Array.from(files, named)),
  /** A model, or with `datasets/` before it a data set, by its name or address on the Hugging Face hub. */
  openFromHub,
  /** What was downloaded from the hub. */
  downloads: async (): Promise<readonly HubEntry[]> => {
    await refreshDownloads();
    return hubStore.getState().entries;
  },
  deleteDownload,
  /** For private and gated repositories; kept until the page is closed. */
  setHubToken,
  pickColumns,
  model: (): ModelSummary | null => modelStore.getState().summary,
  data: (): DataSummary | null => dataStore.getState().summary,
  /** Opens files that runs are only tested on. */
  addTestSets: (files: Iterable<File>): Promise<void> => addTestSets(Array.from(files, named)),
  removeTestSet,
  testSets: (): readonly DataSummary[] => testSetStore.getState().sets,
  recipe: (): Recipe => recipeStore.getState().recipe,
  /** Replaces whole sections of the recipe; throws what is wrong with it. */
  setRecipe: (sections: Partial<Recipe>): Recipe => {
    const problem = changeRecipe({ ...recipeStore.getState().recipe, ...sections });
    if (problem) throw new Error(problem);
    return recipeStore.getState().recipe;
  },
  /** The open model as it is, on all of the open data; null where that failed or was stopped. */
  score: scoreModel,
  stopScoring,
  /** What the device makes of the open model's shape; null where that failed or was stopped. */
  performance: measurePerformance,
  stopMeasuring,
  chooseMethod: (method: Method): void =>
    methods.includes(method) ? chooseMethod(method) : reportError(noMethod(method)),
  undo: undoRecipe,
  redo: redoRecipe,
  resetRecipe,
  usePublishedRecipe: applyPublished,
  /** With several seeds: the recipe's and those after it, one run each. */
  run: startRun,
  pause: pauseRun,
  resume: resumeRun,
  stop: stopRun,
  /** By its place in `session().points`, or by its genes. */
  choose: async (which: number | readonly number[]): Promise<void> => {
    const index = indexOf(which);
    if (sessionStore.getState().view.points[index]) await choosePoint(index);
    else reportError(noPoint());
  },
  ask: async (prompt: string, maxTokens = 64): Promise<{ original: string; chosen: string }> => {
    await askBoth(prompt, maxTokens);
    const { original, chosen } = previewStore.getState();
    return { original: original.text, chosen: chosen.text };
  },
  /** In a format of `exportFormats`, by its name (`gguf`); else in the one that is chosen on the page. */
  exportModel,
  /** What the chosen model can be saved as, the default first, and what cannot hold it (`refused`). */
  exportFormats: refreshFormats,
  session: (): SessionView => sessionStore.getState().view,
  log: (): readonly SessionEvent[] => sessionLog(),
  /** Of the session that is shown, or of all finished runs of this page. */
  table: (format: TableFormat = 'markdown', scope: TableScope = 'run'): string => tableText(format, scope),
  /** The runs of this page that have ended, the latest first. */
  runs: (): readonly KeptRun[] => historyStore.getState().runs,
  showRun: revisitRun,
  link: (): string => shareLink().address,
  copyShareLink,
  openLink: (link: string): void => openLink(link.replace(/^[^#]*/, '')),
  saveSession,
  openSession: openSessionFile,
  /** Leaves what is shown for the latest run of this page, where there is one. */
  closeSession: leaveSession,
  /** Takes the link or the file that is shown into the library. */
  keep: async (): Promise<SessionAbout | null> => keepShown(),
  sessions: async (): Promise<readonly LibraryEntry[]> => {
    await refreshLibrary();
    return libraryStore.getState().entries;
  },
  openKept,
  /** Of the library; without an id, the session that is shown. */
  continueSession: (id?: string): Promise<void> => (id === undefined ? continueShown() : continueKept(id)),
  cancelContinue,
  /** Of the library; without an id, the session that is shown. null where that failed or was stopped. */
  verify: async (id?: string): Promise<Reproduction | null> => {
    if (id !== undefined) await openKept(id);
    return id === undefined || sessionStore.getState().entry === id ? verify() : null;
  },
  reproduce,
  stopReproducing,
  /** The recipe of the session that is shown, on whatever is open. */
  runShownRecipe,
  renameSession,
  duplicateSession,
  deleteSession,
  saveKept,
  compareSessions,
  stopComparing,
  forgetEverything,
  /** One HTML file. */
  saveReport,
} as const;

export type ConsoleApi = typeof consoleApi;

const noMethod = (method: unknown): PareError =>
  new PareError(
    'console-method',
    `There is no method “${String(method).slice(0, 40)}”.`,
    `Choose one of ${methods.join(', ')}.`,
  );

function noPoint(): PareError {
  const { length } = sessionStore.getState().view.points;
  const remedy = length > 0 ? `Indices go from 0 to ${length - 1}.` : 'Run something, or open a session.';
  return new PareError('console-point', 'This session has scored no such sub-network.', remedy);
}

function indexOf(which: number | readonly number[]): number {
  if (typeof which === 'number') return which;
  return sessionStore
    .getState()
    .view.points.findIndex((point) => point.genome && sameGenome(point.genome, which));
}
