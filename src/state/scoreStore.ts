import { createStore } from 'zustand/vanilla';
import type { DataScore } from '../workers/studio.protocol.ts';

export interface ScoredData extends DataScore {
  /** What was counted: rows of a table, or texts. */
  unit: 'examples' | 'documents';
}

/** The open model's score, as it is, on the open data; and how far the scoring that goes on has come. */
export const scoreStore = createStore<{
  /** `total` is 0 until the first portion is done. */
  progress: { done: number; total: number } | null;
  stopping: boolean;
  result: ScoredData | null;
}>(() => ({ progress: null, stopping: false, result: null }));

/** Another model or other data: the score no longer says anything about what is open. */
export function forgetScore(): void {
  scoreStore.setState({ result: null });
}
