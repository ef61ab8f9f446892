import { expect, it } from 'vitest';
import { countCalls, ownDevice } from '../backends/webgpu/device.testing.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { batchShape } from '../datasets/batches.ts';
import { Random } from '../lib/random.ts';
import { plainModel } from '../models/runnable.ts';
import { tinyConfig, tinyPlan, tinyStore } from '../training/tiny.testing.ts';
import { createScorer } from './scorer.ts';

const random = new Random(5);
const examples = Array.from({ length: 12 }, (_, i) => ({
  ids: Array.from({ length: 6 + (i % 3) }, () => random.integer(tinyConfig.vocabSize)),
  answerStart: 4,
  prompt: '',
  answer: '',
}));

it('a search makes nothing from candidate to candidate', async () => {
  const device = await ownDevice();
  const counts = countCalls(device);
  const backend = new WebGpuBackend(device);
  const store = tinyStore(backend);
  initAdapters({ store, config: tinyConfig }, tinyPlan, random.split('adapters'));
  const model = { ...plainModel(backend, store, tinyConfig), plan: tinyPlan };
  const shape = batchShape(examples, 4, 'answer');
  const set = { examples, shape };
  const rule = { task: 'exact', beams: 1, answerTokens: 4 } as const;
  const scorer = await createScorer(model, set, rule, null, { blocks: 1, beginnings: 16 });
  const candidates = () =>
    Array.from({ length: 3 }, () => ({
      limits: Array.from({ length: tinyPlan.columns }, () => 1 + random.integer(16)),
    }));
  await scorer.score(candidates());
  const first = counts();
  const portions = first['mapAsync']!;
  expect(portions).toBeGreaterThan(0);
  for (let round = 0; round < 2; round++) await scorer.score(candidates());
  const { mapAsync, ...made } = counts();
  expect({ ...made, mapAsync: portions }).toEqual(first);
  // Results come back a few times a call, not a few times a batch.
  expect(mapAsync).toBeLessThanOrEqual(3 * portions);
  backend.dispose();
});
