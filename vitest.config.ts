import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumFlags, chromiumPath } from './tools/chromium.mjs';
import { wasmKernels } from './tools/kernels.mjs';

/** Time decides no test of these; the limit only ends what hangs, on a busy machine too. */
const node = { environment: 'node', testTimeout: 600_000 } as const;
/** Vitest leaves one to itself, which is half of a small machine. */
const maxWorkers = availableParallelism();
/** They need a GPU, or Dawn. */
const devices = ['src/**/*.gpu.test.ts', 'src/**/*.dawn.test.ts'];

/**
 * `*.test.ts` run in plain Node: files share their modules, whose loading took longer than most tests. Those of the page's
 * state have it for themselves (`unit-state`): it is one for all that import it. `*.gpu.test.ts` run twice, on the same
 * assertions: in real Chromium (project `gpu`) and on Dawn in Node (project `dawn`); `*.dawn.test.ts` run on Dawn alone:
 * they read files.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wasmKernels()],
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'bench/host/*.test.ts'],
          exclude: [...devices, 'src/state/**'],
          ...node,
          isolate: false,
          maxWorkers,
        },
      },
      {
        plugins: [wasmKernels()],
        test: {
          name: 'unit-state',
          include: ['src/state/**/*.test.ts'],
          exclude: devices,
          ...node,
          maxWorkers,
        },
      },
      {
        plugins: [wasmKernels()],
        test: {
          name: 'dawn',
          include: devices,
          ...node,
          hookTimeout: 120_000,
          pool: 'forks',
          isolate: false,
          maxWorkers,
        },
      },
      {
        plugins: [wasmKernels()],
        server: { fs: { allow: ['.', '../shared'] } },
        test: {
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...chromiumPath(), args: chromiumFlags },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
