import { createStore } from 'zustand/vanilla';
import type { SessionView } from '../session/view.ts';

/** A session that stands beside others. */
export interface ComparedSession {
  /** Of the library's entry; any text that tells it from the others. */
  readonly id: string;
  readonly name: string;
  readonly view: SessionView;
}

/** The sessions that region Compare shows; empty where nothing is compared. */
export const compareStore = createStore<{ sessions: readonly ComparedSession[] }>(() => ({ sessions: [] }));

export function compare(sessions: readonly ComparedSession[]): void {
  compareStore.setState({ sessions: [...sessions] });
}

export function stopComparing(): void {
  compareStore.setState({ sessions: [] });
}
