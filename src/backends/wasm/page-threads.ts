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

/** Threads that a page can have: as many as there are cores, or its own one. */
export const pageThreads = () => (globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1);
