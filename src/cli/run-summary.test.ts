import { expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { outcomeOf, shortRecipe } from '../recipes/resume.testing.ts';
import { viewOf } from '../session/reduce.ts';
import { runOutcome } from './run-summary.ts';

const flags = { device: 'cpu', json: false, help: false } as const;

it('prints the front and the results for people, and an object for scripts', async () => {
  const { log } = await outcomeOf(cpu, shortRecipe('lonas', { baseline: false }));
  const { front, results } = viewOf(log);
  const text = runOutcome(log, 'kept', flags) as string;
  const [frontTable, resultsTable] = text.split('Results on the test split:');
  const rows = (table = '') => table.split('\n').filter((line) => line.startsWith('| ')).length - 2;
  expect(front.length).toBeGreaterThan(0);
  expect(rows(frontTable)).toBe(front.length);
  expect(rows(resultsTable)).toBe(results.length);
  for (const { label } of results) expect(text).toContain(`| ${label} |`);
  expect(text).toContain('kept/model');
  expect(runOutcome(log, 'kept', { ...flags, json: true })).toMatchObject({
    front: front.map(({ genome, macs, score }) => ({ genome, macs, accuracy: score })),
  });
});
