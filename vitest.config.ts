import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumFlags, chromiumPath } from './tools/chromium.mjs';
import { wasmKernels } from './tools/kernels.mjs';

/**
 * `*.test.ts` run in plain Node. `*.gpu.test.ts` run twice, on the same assertions: in real Chromium
 * (project `gpu`) and on Dawn in Node (project `dawn`);
 * `*.dawn.test.ts` run on Dawn alone: they read files.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wasmKernels()],
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'bench/host/*.test.ts'],
          exclude: ['src/**/*.gpu.test.ts', 'src/**/*.dawn.test.ts'],
          environment: 'node',
          // Time decides no test; this only ends what hangs, on a busy machine too.
          testTimeout: 600_000,
          // Vitest leaves one to itself, which is half of a small machine.
          maxWorkers: availableParallelism(),
        },
      },
      {
        plugins: [wasmKernels()],
        test: {
          name: 'dawn',
          include: ['src/**/*.gpu.test.ts', 'src/**/*.dawn.test.ts'],
          environment: 'node',
          testTimeout: 600_000,
          hookTimeout: 120_000,
          pool: 'forks',
          fileParallelism: false,
          isolate: false,
          maxWorkers: 1,
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
