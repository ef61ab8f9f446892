/**
 * The layers, checked: the import direction and the confined packages by dependency-cruiser (`.dependency-cruiser.cjs`),
 * WebGPU's types and `navigator.gpu` by reading. Fails when nothing was checked: with the wrong TypeScript installed,
 * dependency-cruiser finds no module at all and is content.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const cruiser = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
const gpuHome = 'src/backends/webgpu/';
const gpuName = /\bGPU[A-Z]\w*|[:<|&]\s*GPU\b|\bnavigator\??\.gpu\b/;

const problems = [...importProblems(), ...gpuProblems()];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function importProblems() {
  const cruise = spawnSync(process.execPath, [cruiser, 'src', '--output-type', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (!cruise.stdout) return [`dependency-cruiser failed:\n${cruise.stderr}`];
  const { summary } = JSON.parse(cruise.stdout);
  if (!summary.totalCruised) return ['dependency-cruiser checked no module.'];
  if (!summary.totalDependenciesCruised) return ['dependency-cruiser saw no import.'];
  console.log(`${summary.totalCruised} modules, ${summary.totalDependenciesCruised} imports`);
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

function gpuProblems() {
  return readdirSync('src', { recursive: true })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith(gpuHome))
    .flatMap((path) =>
      withoutComments(readFileSync(path, 'utf8'))
        .split('\n')
        .flatMap((line, index) =>
          gpuName.test(line) ? [`gpu-types-in-the-webgpu-backend-only: ${path}:${index + 1}`] : [],
        ),
    );
}

/** Block comments lose their text, not their lines. */
function withoutComments(source) {
  return source.replace(/\/\*[^]*?\*\//g, (text) => text.replace(/[^\n]/g, '')).replace(/(^|\s)\/\/.*/g, '');
}
