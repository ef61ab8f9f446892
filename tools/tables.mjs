/**
 * `npm run tables`: every pipeline on the demo, headless, several seeds; writes docs/results.md, our Tables 1–3 and
 * Figure 4 beside the paper's relative scores. Runs that are in .cache/tables already are not run again
 * (`--fresh` forgets them); `--seeds 3` is the default.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { figure4 } from './tables/figure.mjs';
import { resultsPage } from './tables/page.mjs';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '3' }, fresh: { type: 'boolean' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);
const cache = '.cache/tables';
if (values.fresh) rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });

/**
 * A pipeline of the tables: its recipe, and the flags that make it differ from how it ships. Plain LoRA on the sparse base
 * is the same run after run (one seed, one base, one adapter), so Shears alone trains it.
 */
const withoutLora = ['--set', 'baseline=false'];
const pipelines = {
  lonas: ['lonas'],
  shears: ['shears'],
  sqft: ['sqft', ...withoutLora],
  'sqft-sparsepeft': ['sqft-sparsepeft', ...withoutLora],
  'sqft-qa-sparsepeft': ['sqft-qa-sparsepeft', ...withoutLora],
  'shears-40': ['shears', '--sparsity', '0.4', ...withoutLora],
  'lonas-plus': ['lonas-plus'],
};

if (!existsSync('dist-cli/main.js')) execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });

const reader = await runnerImport('./src/cli/session-input.ts', { configFile: false });
const eventsOf = (folder) => reader.module.withSession(folder, async ({ log }) => log);

async function runOnce(name, [recipe, ...flags], seed) {
  const out = `${cache}/${name}-${seed}`;
  if (!existsSync(`${out}/results.json`)) {
    const began = Date.now();
    const inputs = ['--model', 'demo', '--data', 'demo', '--seed', String(seed), '--out', out, '--json'];
    const { status, stderr } = spawnSync('node', ['dist-cli/main.js', 'run', recipe, ...flags, ...inputs], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`${name}, seed ${seed}: ${stderr}`);
    process.stderr.write(`${name}, seed ${seed}: ${Math.round((Date.now() - began) / 1000)} s\n`);
  }
  const { rows, proof } = JSON.parse(readFileSync(`${out}/results.json`, 'utf8'));
  const events = await eventsOf(out);
  const device = events[0].device.adapter;
  const scored = events.filter(({ type, genome }) => type === 'evaluated' && genome !== null);
  return { seed, rows: Object.fromEntries(rows.map((row) => [row.tag, row])), proof, scored, device };
}

const runs = {};
for (const [name, pipeline] of Object.entries(pipelines)) {
  runs[name] = [];
  for (const seed of seeds) runs[name].push(await runOnce(name, pipeline, seed));
}
for (const list of Object.values(runs))
  for (const [index, { rows }] of list.entries()) rows.lora ??= runs.shears[index].rows.lora;
writeFileSync('docs/results.md', resultsPage(runs));
writeFileSync('docs/images/figure4.svg', figure4(runs));
process.stderr.write('docs/results.md and docs/images/figure4.svg are written.\n');
