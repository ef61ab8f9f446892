import type { BenchPage, MeasureOptions } from '../protocol.ts';
import { sections } from '../sections.ts';
import { here } from './measure.ts';

window.bench = {
  facts: () => here.facts(),
  measure: (name, options) =>
    sections.find((section) => section.name === name)?.worker
      ? inWorker(name, options)
      : here.measure(name, options),
};

type Answer = { measured: Awaited<ReturnType<BenchPage['measure']>> } | { error: string };

function inWorker(name: string, options: MeasureOptions): ReturnType<BenchPage['measure']> {
  const worker = new Worker(new URL('./section.worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      if ('error' in data) reject(new Error(data.error));
      else resolve(data.measured);
    });
    worker.postMessage({ name, options }, []);
  });
}
