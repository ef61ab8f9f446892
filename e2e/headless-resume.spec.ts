import { expect, test } from '@playwright/test';
import { Random } from '../src/lib/random.ts';
import { essenceOf, runKilled, runWhole } from './kills.ts';
import { demoInputs, subjectOf } from './subjects.ts';
import { tinyInputs } from './tiny.ts';

/**
 * The process of a run is killed at five moments, by chance but the same chance every time, and the run continued each
 * time. `npm run soak` does it a hundred times.
 */
const kills = 5;

async function expectSame(recipe: string, inputs: readonly string[], seed: number): Promise<void> {
  const subject = subjectOf(recipe, inputs);
  const [whole, killed] = ['whole', 'killed'].map((name) => test.info().outputPath(name));
  const life = await runWhole(subject, whole!);
  const { lives, missed } = await runKilled(subject, killed!, life, { kills, random: new Random(seed) });
  const last = lives.map(({ lines }) => lines.at(-1)?.text.slice(0, 60) ?? 'start');
  test
    .info()
    .annotations.push({ type: 'killed after', description: `${last.join('\n')}\n${missed} too late` });
  expect(lives).toHaveLength(kills);
  const essence = await essenceOf(whole!);
  expect(essence.status).toBe('finished');
  expect(await essenceOf(killed!)).toEqual(essence);
}

test('a run that was killed five times ends with the same bits, on the GPU', () =>
  expectSame('lonas', demoInputs(), 1));

test('a run on the CPU that was killed five times ends with the same bits', async () =>
  expectSame('sqft-qa-sparsepeft', await tinyInputs(test.info().outputDir), 2));
