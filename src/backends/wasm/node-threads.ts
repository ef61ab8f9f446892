import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { failedWord, longestSleep } from './module.ts';
import type { StartThread } from './pool.ts';

/** As thread.worker.ts and `help` (module.ts), in a form that needs no file beside the bundle. */
const code = `
const { workerData: { module, memory, board } } = require('node:worker_threads');
const words = new Int32Array(memory.buffer);
const sleep = (address, old) => void Atomics.wait(words, address >> 2, old, ${longestSleep});
const wake = (address) => void Atomics.notify(words, address >> 2);
const { serve } = new WebAssembly.Instance(module, { env: { memory, sleep, wake } }).exports;
try {
  serve(board);
} catch (error) {
  Atomics.store(words, board / 4 + ${failedWord}, 1);
  throw error;
}
`;

/** Helping threads of Node. They do not keep the process alive. */
export const startNodeThread: StartThread = (start) => {
  const worker = new Worker(code, { eval: true, workerData: start });
  // Who waits for it finds the failure on the board; without a listener it would end the process.
  worker.on('error', () => {});
  worker.unref();
  return () => void worker.terminate();
};

export const nodeThreads = () => availableParallelism();
