// `npm run bench`: loads the TypeScript of bench/host through Vite, so that plain Node can run it.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { chromiumFlags, findChromium } from '../tools/chromium.mjs';

const { module } = await runnerImport(fileURLToPath(new URL('host/main.ts', import.meta.url)), {
  configFile: false,
});
try {
  await module.main(process.argv.slice(2), { executablePath: findChromium(), args: chromiumFlags });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
