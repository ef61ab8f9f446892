// `npm run -s performance`: writes docs/performance.md and its pictures from docs/performance/*.json.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('host/write-document.ts', import.meta.url)), {
  configFile: false,
});
await module.main();
