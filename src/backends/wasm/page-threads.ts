import type { StartThread } from './pool.ts';

/** Helping threads of a page or a worker: only where it is isolated from other origins is memory shared. */
export const startPageThread: StartThread = (start) => {
  const worker = new Worker(new URL('./thread.worker.ts', import.meta.url), {
    type: 'module',
    name: 'kernels',
  });
  worker.postMessage(start, []);
  return () => worker.terminate();
};

/**
 * Threads that kernels get in a page: one core is left to the page itself, which draws what they compute. Threads wait
 * for each other, so one that is kept from its core holds up all of them.
 */
export const pageThreads = () =>
  globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency - 1) : 1;
