import type { Backend, Store } from '../../src/backends/backend.ts';
import { batchShape, evaluationBatches } from '../../src/datasets/batches.ts';
import type { ModelConfig } from '../../src/formats/model-config.ts';
import { Random } from '../../src/lib/random.ts';
import { configOf } from '../../src/models/config.testing.ts';
import { structureOf } from '../../src/models/structure.ts';
import { fixedSpace } from '../../src/recipes/space.ts';
import { elasticPlanOf } from '../../src/search/plan.ts';
import { subject } from './subject.ts';
import type { Workload } from '../../src/recipes/performance/workload.ts';

export const section = subject('The shape of stories260K', openStories);

export const rank = 8;
/** All linear modules of a block. */
const blockLinears = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
const [sequences, length] = [8, 128];

/** The shape of stories260K with random weights: plain LoRA on all seven modules, 8 sequences of 128 tokens. */
export function openStories(backend: Backend): Promise<Workload> {
  const config = storiesConfig();
  const structure = structureOf(config);
  const store = backend.createStore();
  randomWeights(store, config, new Random(1));
  const elastic = fixedSpace(structure, { rank, alpha: 2 * rank, dropout: 0, targets: [...blockLinears] });
  const random = new Random(2);
  const examples = Array.from({ length: sequences * 4 }, () => ({
    ids: Array.from({ length }, () => random.integer(config.vocabSize)),
    answerStart: 0,
    prompt: '',
    answer: '',
  }));
  const shape = batchShape(examples, sequences, 'all');
  const batches = [...evaluationBatches(examples, shape)];
  return Promise.resolve({
    description: `hidden 64, 5 layers, FFN 172, vocabulary 512, f32, random weights; LoRA r=${rank} on all 7 modules`,
    backend,
    store,
    config,
    elastic,
    plan: elasticPlanOf(elastic, structure.layers, { rank, alpha: 2 * rank }),
    trainShape: shape,
    evaluationShape: shape,
    train: batches,
    validation: batches,
    prompt: null,
  });
}

export function storiesConfig(): ModelConfig {
  const config = {
    model_type: 'llama',
    hidden_size: 64,
    intermediate_size: 172,
    num_hidden_layers: 5,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    vocab_size: 512,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  };
  return configOf(config);
}

function randomWeights(store: Store, config: ModelConfig, random: Random): void {
  const put = (name: string, shape: readonly number[], value: () => number) => {
    store.allocate(name, { dtype: 'f32', shape });
    store.write(name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value));
  };
  const small = () => 0.05 * random.normal();
  put('model.embed_tokens.weight', [config.vocabSize, config.hiddenSize], small);
  for (const { name, role, shape } of structureOf(config).modules)
    if (role !== 'head') put(`${name}.weight`, shape, small);
  const norms = Array.from({ length: config.layers }, (_, layer) =>
    ['input', 'post_attention'].map((kind) => `model.layers.${layer}.${kind}_layernorm`),
  );
  for (const name of [...norms.flat(), 'model.norm']) put(`${name}.weight`, [config.hiddenSize], () => 1);
}
