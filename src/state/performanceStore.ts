import { createStore } from 'zustand/vanilla';
import type { PerformanceReport } from '../workers/studio.protocol.ts';

/** What the device was measured to do, and how far a measurement that goes on has come. */
export const performanceStore = createStore<{
  /** `total` is 0 until it is known. */
  progress: { done: number; total: number; what: string } | null;
  stopping: boolean;
  report: PerformanceReport | null;
}>(() => ({ progress: null, stopping: false, report: null }));
