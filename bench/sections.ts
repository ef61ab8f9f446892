import type { Section } from './section.ts';

export interface Registered {
  readonly name: string;
  /** Of the bench page; null: the host drives the studio instead (`bench/host/demo.ts`). */
  readonly load: (() => Promise<{ readonly section: Section }>) | null;
  /** Compares with other libraries, which are installed only when they are asked for. */
  readonly peers?: true;
  /** Measured in a worker, which may wait for threads. */
  readonly worker?: true;
  /** Measured on llvmpipe too, where compiling takes minutes. */
  readonly llvmpipe?: true;
}

/** All sections, in the order in which they are measured: each in a new browser. */
export const sections: readonly Registered[] = [
  { name: 'ceilings', load: () => import('./page/ceilings.ts'), llvmpipe: true },
  { name: 'demo-model', load: () => import('./page/demo-subject.ts') },
  { name: 'stories', load: () => import('./page/stories-subject.ts') },
  { name: 'first-use', load: () => import('./page/first-use.ts') },
  { name: 'counting', load: () => import('./page/counting.ts') },
  { name: 'memory', load: () => import('./page/memory.ts') },
  { name: 'growth', load: () => import('./page/growth.ts') },
  { name: 'search', load: () => import('./page/search.ts') },
  { name: 'matmul-ceiling', load: () => import('./page/matmul-ceiling.ts'), llvmpipe: true },
  { name: 'memory-bound', load: () => import('./page/memory-bound.ts') },
  { name: 'int4', load: () => import('./page/int4.ts') },
  { name: 'sliced', load: () => import('./page/sliced.ts') },
  { name: 'decode', load: () => import('./page/decode.ts') },
  { name: 'step', load: () => import('./peers/step.ts'), peers: true },
  { name: 'step-cpu', load: () => import('./peers/step-cpu.ts'), peers: true, worker: true },
  { name: 'matmul', load: () => import('./peers/matmul.ts'), peers: true, llvmpipe: true },
  { name: 'demo', load: null },
];
