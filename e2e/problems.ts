import { readFileSync, writeFileSync } from 'node:fs';

interface Problem {
  question: string;
  answer: string;
}

const all = readFileSync('public/demo/data/problems.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Problem);

/** The demo's data in two files that share no question: one to open, and one that nothing is trained or searched with. */
export const opened = all.slice(0, 1200);
const known = new Set(opened.map(({ question }) => question));
export const unseen = all.filter(({ question }) => !known.has(question)).slice(0, 100);

export const lines = (problems: readonly Problem[]): Uint8Array =>
  new TextEncoder().encode(problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''));

export function saveLines(path: string, problems: readonly Problem[]): string {
  writeFileSync(path, lines(problems));
  return path;
}
