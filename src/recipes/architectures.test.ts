import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { openData } from '../datasets/parse.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { tinyConfigs } from '../models/tiny-configs.testing.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { RunControl } from './control.ts';
import { runToEnd, searchHere } from './engine.ts';
import { readData } from './loaded-data.ts';
import { loadModel } from './model.ts';
import { provenExport } from './proof.ts';
import { shortRecipe } from './resume.testing.ts';
import { fewProblems, randomModel } from './tiny-model.testing.ts';
import { subNetworkModel } from './trained.ts';

/** One recipe that slices and removes blocks, and one that merges on the INT4 grid. */
const methods: readonly Method[] = ['lonas-plus', 'sqft-qa-sparsepeft'];

/** As little as goes through every stage. */
function leastRecipe(method: Method): Recipe {
  const recipe = shortRecipe(method);
  const { training, search, quantization, sparsity } = recipe;
  return {
    ...recipe,
    split: { validation: 2, test: 2 },
    baseline: false,
    sparsity: sparsity && { ...sparsity, calibration: 2 },
    quantization: quantization && { ...quantization, calibration: 2 },
    training: { ...training, steps: 2 },
    search: search && { ...search, evaluations: 2 },
  };
}

describe.each(tinyConfigs)('$model_type', (config) => {
  it.each(methods)('goes through %s, and its export is proved', async (method) => {
    const log: SessionEvent[] = [];
    const model = await loadModel(cpu, await randomModel(config));
    const finished = await runToEnd({
      recipe: leastRecipe(method),
      model,
      data: readData(await openData(fewProblems(12))),
      control: new RunControl(),
      search: searchHere,
      onEvent: (event) => void log.push(event),
    });
    const losses = log.flatMap((event) => (event.type === 'losses' ? event.values : []));
    expect(losses.every((loss) => loss !== null && loss > 0 && loss < 30)).toBe(true);
    // What is cut out computes what the super-network does with its limits.
    const ids = [2, 10, 20, 30, 40, 50];
    const { chosen, run, trained, genome } = finished!;
    const network = subNetworkModel(run.model, trained, genome);
    const [whole, cut] = [await logitsOf(network, ids), await logitsOf(chosen, ids)];
    whole.forEach((row, i) => row.forEach((logit, j) => expect(cut[i]![j]!).toBeCloseTo(logit, 4)));
    const { proof } = await provenExport(finished!, []);
    expect(proof).toMatchObject({ holds: true });
    expect(proof!.merged?.equal).toBe(proof!.merged?.compared);
    expect(proof!.merged !== undefined).toBe(method === 'lonas-plus');
  });
});
