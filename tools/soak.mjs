/**
 * `npm run soak`: kills headless runs a hundred times at random moments, continues them, and exits with 1 where anything
 * ends differently from a run that was left alone.
 *
 *   npm run soak -- --kills 100 --each 10 --seed 1 --recipe lonas --recipe sqft-qa-sparsepeft --device webgpu|cpu
 *
 * `--tiny`: a random model of 10,000 parameters on the CPU instead of the demo, some ten times as fast.
 * It wants the built runner (`npm run build`), or another one: `--script FILE`.
 */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('../e2e/soak.ts', import.meta.url)), {
  configFile: false,
});
process.exitCode = await module.main(process.argv.slice(2));
