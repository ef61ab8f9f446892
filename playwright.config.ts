import { defineConfig } from '@playwright/test';
import { chromiumFlags, chromiumPath } from './tools/chromium.mjs';

const port = Number(process.env.PARE_E2E_PORT ?? 4174);
const baseURL = `http://127.0.0.1:${port}/`;

/** The built studio (`npm run build` first) in a real Chromium with WebGPU; one at a time, since the device is one. */
export default defineConfig({
  testDir: 'e2e',
  // Vitest's (tools/clients.sh).
  testIgnore: 'clients/**',
  outputDir: 'test-results',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 5 * 60_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: '.cache/check/e2e.json' }]],
  use: {
    baseURL,
    headless: true,
    actionTimeout: 120_000,
    viewport: { width: 1440, height: 900 },
    launchOptions: { ...chromiumPath(), args: chromiumFlags },
    screenshot: 'only-on-failure',
    // A quarter of the processor's time: only where somebody looks for what is wrong.
    trace: process.env.PARE_E2E_TRACE ? 'retain-on-failure' : 'off',
  },
  projects: [{ name: 'chromium', use: { browserName: 'chromium' } }],
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: baseURL,
    reuseExistingServer: false,
  },
});
