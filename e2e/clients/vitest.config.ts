import { defineConfig } from 'vitest/config';

/**
 * Exports, opened by software that we did not write. Vitest and not `node:test`, since the tests import Pare's own
 * modules, TypeScript with shaders as text, which Node alone does not load. One file at a time, each in a process of
 * its own: the clients are native libraries, and the machine may have two cores.
 */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['e2e/clients/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    // Time decides no test; this only ends what hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
