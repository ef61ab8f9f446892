import type { Backend } from '../../src/backends/backend.ts';
import { EpochOrder, evaluationBatches, makeBatch } from '../../src/datasets/batches.ts';
import { openData } from '../../src/datasets/parse.ts';
import { fetchSource } from '../../src/formats/fetch-source.ts';
import { Random } from '../../src/lib/random.ts';
import { readData } from '../../src/recipes/loaded-data.ts';
import { prepareData } from '../../src/recipes/data.ts';
import { loadModel } from '../../src/recipes/model.ts';
import { defaultRecipe } from '../../src/recipes/presets.ts';
import { elasticSpaceOf } from '../../src/recipes/space.ts';
import { planOf } from '../../src/recipes/trained.ts';
import { subject } from './subject.ts';
import type { Workload } from '../../src/recipes/performance/workload.ts';

export const section = subject('The demo’s model', openDemo);

const files = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];

/** The embedded demo with the recipe that is selected at first. */
export async function openDemo(backend: Backend): Promise<Workload> {
  const sources = await Promise.all(files.map((name) => fetchSource(`demo/model/${name}`, `demo/${name}`)));
  const model = await loadModel(backend, sources);
  const data = prepareData(
    readData(await openData(await fetchSource('demo/data/problems.jsonl'))),
    model,
    defaultRecipe,
  );
  const elastic = elasticSpaceOf(model.structure, defaultRecipe);
  const order = new EpochOrder(data.split.train.length, data.trainShape.batch, new Random(1));
  const { info } = model;
  return {
    description: `${info.parameters} parameters, hidden ${info.hiddenSize}, ${info.layers} layers, FFN ${info.intermediateSize}, ${info.dtype}; model ${info.sha256.slice(0, 12)}, data ${data.info.sha256.slice(0, 12)}`,
    backend,
    store: model.store,
    config: model.config,
    elastic,
    plan: planOf(elastic, model, defaultRecipe),
    trainShape: data.trainShape,
    evaluationShape: data.evaluationShape,
    train: Array.from({ length: 16 }, (_, step) =>
      makeBatch(data.split.train, order.indices(step), data.trainShape),
    ),
    validation: [...evaluationBatches(data.validation.examples, data.evaluationShape)],
    prompt: data.split.train[0]!.ids.slice(0, data.split.train[0]!.answerStart),
  };
}
