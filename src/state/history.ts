import { createStore } from 'zustand/vanilla';
import type { SessionEvent } from '../session/events.ts';
import type { SessionView } from '../session/view.ts';

/** A run that was made on this page and has ended, however it did. */
export interface KeptRun {
  id: number;
  view: SessionView;
  log: readonly SessionEvent[];
}

/** Every run of this page, the latest first. They last as long as the page; links and files last longer. */
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
