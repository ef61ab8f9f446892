import { PareError } from '../lib/assert.ts';
import { toPareError } from '../workers/errors.ts';
import type { PerformanceReport } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { reportError, withdraw } from './notices.ts';
import { performanceStore } from './performanceStore.ts';

/** Measures the device at the open model's shape. null: it failed or was stopped. */
export async function measurePerformance(): Promise<PerformanceReport | null> {
  if (performanceStore.getState().progress !== null) return null;
  if (!modelStore.getState().summary) {
    const remedy = 'Open a model first: its shapes are what is measured.';
    reportError(new PareError('performance-incomplete', 'There is nothing to measure yet.', remedy));
    return null;
  }
  withdraw('busy');
  performanceStore.setState({ progress: { done: 0, total: 0, what: '' }, stopping: false });
  try {
    const client = await engine();
    const report = await client.measurePerformance((done, total, what) => {
      if (performanceStore.getState().progress !== null)
        performanceStore.setState({ progress: { done, total, what } });
    });
    performanceStore.setState({ report });
    return report;
  } catch (error) {
    // To be stopped is what the person asked for.
    if (toPareError(error).code !== 'stopped') reportError(error);
    return null;
  } finally {
    performanceStore.setState({ progress: null, stopping: false });
  }
}

export async function stopMeasuring(): Promise<void> {
  const { progress, stopping } = performanceStore.getState();
  if (progress === null || stopping) return;
  performanceStore.setState({ stopping: true });
  try {
    await (await engine()).stop();
  } catch (error) {
    reportError(error);
  }
}
