import { startPageThread } from '../../src/backends/wasm/page-threads.ts';
import { WasmBackend } from '../../src/backends/wasm/wasm.ts';
import { openStories } from '../page/stories-subject.ts';
import type { Section } from '../section.ts';
import { compareSteps } from './step.ts';
import { openJaxStep } from './step-jax.ts';
import { openPareStep } from './step-pare.ts';

/** Both on one thread, as jax-js is; then ours on all of the machine's; the studio leaves one to the page. */
export const section: Section = {
  title: 'The same training step on the CPU, by WebAssembly',
  async measure({ rounds, backend }) {
    const one = await WasmBackend.open();
    const several = await WasmBackend.open({
      threads: navigator.hardwareConcurrency,
      start: startPageThread,
    });
    const contenders = [
      openPareStep('pare, WebAssembly, 1 thread', await openStories(one)),
      openJaxStep('wasm'),
      openPareStep(`pare, WebAssembly, ${several.threads} threads`, await openStories(several)),
      openPareStep('pare, WebGPU', await openStories(backend)),
    ];
    const rows = await compareSteps(await openStories(one), contenders, { rounds, least: 1.5 });
    one.dispose();
    several.dispose();
    return rows;
  },
};
