import { expect, test } from '@playwright/test';
import { Random } from '../src/lib/random.ts';
import { essenceOf, runKilled, runWhole } from './kills.ts';
import { subjectOf } from './subjects.ts';
import { tinyInputs } from './tiny.ts';

/**
 * The process of a run is killed at some moments, by chance but the same chance every time, and the run continued each
 * time. `npm run soak` does it a hundred times.
 */
async function expectSame(
  recipe: string,
  inputs: readonly string[],
  { kills, seed }: { kills: number; seed: number },
): Promise<void> {
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

// Each of its processes compiles the kernels again, which in software takes longer than all the rest.
test('a run that was killed twice ends with the same bits, on the GPU', async () =>
  expectSame('lonas', await tinyInputs(test.info().outputDir, 'webgpu'), { kills: 2, seed: 1 }));

test('a run on the CPU that was killed five times ends with the same bits', async () =>
  expectSame('sqft-qa-sparsepeft', await tinyInputs(test.info().outputDir), { kills: 5, seed: 2 }));
