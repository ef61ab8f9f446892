import { createStore } from 'zustand/vanilla';
import type { SessionEvent } from '../session/events.ts';
import type { SessionView } from '../session/view.ts';

/** A run that was made on this page and has ended, however it did. */
export interface KeptRun {
  id: number;
  /** The library's entry that it is kept in, where the browser grants storage. */
  entry: string | null;
  view: SessionView;
  log: readonly SessionEvent[];
}

/** Every run of this page, the latest first. They last as long as the page; the library lasts longer. */
export const historyStore = createStore<{ runs: readonly KeptRun[] }>(() => ({ runs: [] }));

/** Keeps a run, or what has become of it since: another choice, one more row. A run that scored nothing is no loss. */
export function keepRun(run: KeptRun): void {
  if (run.view.points.length === 0 && run.view.results.length === 0) return;
  historyStore.setState(({ runs }) => ({
    runs: runs.some(({ id }) => id === run.id)
      ? runs.map((each) => (each.id === run.id ? run : each))
      : [run, ...runs],
  }));
}

export const runOfEntry = (entry: string): KeptRun | undefined =>
  historyStore.getState().runs.find((run) => run.entry === entry);

export function forgetRun(entry: string): void {
  historyStore.setState(({ runs }) => ({ runs: runs.filter((run) => run.entry !== entry) }));
}
