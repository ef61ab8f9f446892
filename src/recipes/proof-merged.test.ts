import { expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { loadModel, originalModel } from './model.ts';
import { compareMerged } from './proof-merged.ts';
import { outcomeOf, shortRecipe, tinyFor } from './resume.testing.ts';
import { subNetworkModel } from './trained.ts';

it('finds an adapter that was left out of the file', async () => {
  const recipe = shortRecipe('lora');
  const { finished } = await outcomeOf(cpu, recipe);
  const { run, trained, genome, chosen } = finished!;
  const network = subNetworkModel(run.model, trained, genome);
  const merged = (await compareMerged(finished!, network, chosen, 'hf'))!;
  expect(merged.compared).toBeGreaterThan(0);
  expect(merged.equal).toBe(merged.compared);
  const base = originalModel(await loadModel(cpu, await tinyFor(recipe)));
  expect((await compareMerged(finished!, network, base, 'hf'))!.equal).toBeLessThan(merged.compared / 2);
  expect(await compareMerged(finished!, network, chosen, 'peft')).toBeNull();
});
