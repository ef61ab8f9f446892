/**
 * `npm run graph`: draws which layer imports which into docs/architecture.md, from the imports themselves. Arrows that
 * follow from others are left out (a → c where a → b → c), and so is `lib`, which everything imports.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const cruiser = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
const page = 'docs/architecture.md';
const [begin, end] = ['<!-- graph -->', '<!-- end of graph -->'];
const excluded = '\\.(test|testing)\\.tsx?$|^src/lib/|\\?raw$';

const imports = readImports();
const lines = [...imports]
  .flatMap(([from, targets]) => reduced(from, targets).map((to) => `  ${from} --> ${to}`))
  .toSorted();
if (lines.length === 0) throw new Error('dependency-cruiser saw no import.');
const text = readFileSync(page, 'utf8');
const [head, tail] = [text.split(begin)[0], text.split(end)[1]];
if (head === text || tail === undefined) throw new Error(`${page} has lost its marks.`);
const graph = ['```mermaid', 'flowchart BT', ...lines, '```'].join('\n');
writeFileSync(page, `${head}${begin}\n${graph}\n${end}${tail}`);

function nameOf(path) {
  return path.replace(/^src\//, '').replace('.tsx', '');
}

/** Folder → folders that it imports. */
function readImports() {
  const options = [
    '--include-only',
    '^src',
    '--exclude',
    excluded,
    '--collapse',
    '^src/[^/]+',
    '--output-type',
    'json',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [cruiser, 'src', ...options], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (!stdout) throw new Error(stderr);
  return new Map(
    JSON.parse(stdout).modules.map(({ source, dependencies }) => [
      nameOf(source),
      new Set(dependencies.map(({ resolved }) => nameOf(resolved)).filter((to) => to !== nameOf(source))),
    ]),
  );
}

/** The targets that no other target leads to. */
function reduced(from, targets) {
  return [...targets].filter(
    (to) => ![...targets].some((via) => via !== to && reaches(via, to, new Set([from]))),
  );
}

function reaches(from, to, seen) {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return [...(imports.get(from) ?? [])].some((next) => reaches(next, to, seen));
}
