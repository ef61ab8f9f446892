/** On a GPU: what a sub-network scores does not depend on how it was scored, to the bit, and is the plain evaluator’s. */
import { expect, it } from 'vitest';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { adapterNames, initAdapters } from '../compression/adapters/init.ts';
import { openData } from '../datasets/parse.ts';
import { Random } from '../lib/random.ts';
import { prepareData } from '../recipes/data.ts';
import { evaluationShapeOf, readData } from '../recipes/loaded-data.ts';
import { loadModel } from '../recipes/model.ts';
import { tiny } from '../recipes/pipelines.testing.ts';
import { elasticSpaceOf } from '../recipes/space.ts';
import { fewProblems, tinyModel } from '../recipes/tiny-model.testing.ts';
import { planOf, subNetworkModel } from '../recipes/trained.ts';
import { limitsOf } from '../search/plan.ts';
import { maximalGenome, randomGenome } from '../search/space.ts';
import type { Outcome } from './batch-scorer.ts';
import { createScorer, plainScorer, type Scorer } from './scorer.ts';

it('scores the same alone and beside others, in whatever order', async () => {
  const model = await loadModel(await gpuBackend(), await tinyModel());
  const recipe = tiny('lonas-plus');
  const elastic = elasticSpaceOf(model.structure, recipe);
  const plan = planOf(elastic, model, recipe);
  initAdapters(model, plan, new Random(1));
  const random = new Random(2);
  for (const name of adapterNames(plan)) {
    const size = model.store.spec(name).shape.reduce((a, b) => a * b, 1);
    model.store.write(
      name,
      Float32Array.from({ length: size }, () => 0.2 * random.normal()),
    );
  }
  const trained = { elastic, plan, masked: new Set<string>(), quantized: new Set<string>() };
  const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
  const { train } = prepareData(readData(await openData(fewProblems(40))), model, recipe).split;
  const examples = train.slice(0, 14).map((example, i) => {
    const cut = Math.min(example.answerStart - 1, i);
    return { ...example, ids: example.ids.slice(cut), answerStart: example.answerStart - cut };
  });
  const set = { examples, shape: evaluationShapeOf(examples, 'answer', model.config.vocabSize) };
  const candidates = Array.from({ length: 6 }, () => ({
    limits: limitsOf(elastic, randomGenome(elastic.space, random)),
  }));

  const finished = async (scorer: Scorer) => {
    const outcomes = await scorer.score(candidates);
    scorer.dispose();
    return outcomes;
  };
  const rule = { task: 'exact', beams: 1, answerTokens: 8 } as const;
  const create = (blocks: number) => createScorer(network, set, rule, null, { blocks, beginnings: 6 });

  const [unshared, shared] = [await finished(await create(0)), await finished(await create(1))];
  expect(shared).toEqual(unshared);
  for (const [blocks, together] of [unshared, shared].entries()) {
    expect(new Set(together.map(({ scores }) => scores.perplexity)).size).toBeGreaterThan(3);

    const other = await create(blocks);
    const alone: Outcome[] = [];
    for (const candidate of candidates.toReversed()) alone.unshift(...(await other.score([candidate])));
    other.dispose();
    expect(alone).toEqual(together);

    // Programs of other shapes may take other kernels, which sum in other orders.
    const plain = await finished(await plainScorer(network, set, 'exact'));
    together.forEach(({ scores }, i) => {
      expect(Math.abs(scores.perplexity / plain[i]!.scores.perplexity - 1)).toBeLessThan(1e-5);
    });
  }
});
