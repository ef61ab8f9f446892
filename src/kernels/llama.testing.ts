/** A two-layer Llama with everything elastic, for tests that compose all ops. */
import type { DType, Tensor } from '../graph/tensor.ts';
import {
  adapterA,
  adapterB,
  maskName,
  plainPlan,
  type AdapterPlan,
  type ElasticPlan,
} from '../models/elastic.ts';
import { configOf } from '../models/config.testing.ts';
import { Decoder } from '../models/decoder.ts';
import { ropeTables } from '../models/rope.ts';
import type { Scene } from './compare.testing.ts';
import { crossEntropy } from './cross-entropy/op.ts';
import { gatherRows } from './rows/op.ts';

export const sequences = 2;
const length = 4;
const rank = 3;
const rows = 6;

const config = configOf({
  model_type: 'llama',
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 11,
  max_position_embeddings: length,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
  attention_bias: true,
  mlp_bias: true,
  tie_word_embeddings: true,
});
const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize } = config;

type Group = 'attention' | 'gateUp' | 'down';

/** The adapted modules: the group of their rank, their inputs, and what the FFN width cuts. */
export const adapted: readonly {
  module: string;
  group: Group;
  columns: number;
  cut?: 'inputs' | 'outputs';
}[] = [
  { module: 'self_attn.q_proj', group: 'attention', columns: hiddenSize },
  { module: 'self_attn.k_proj', group: 'attention', columns: hiddenSize },
  { module: 'self_attn.v_proj', group: 'attention', columns: hiddenSize },
  { module: 'mlp.gate_proj', group: 'gateUp', columns: hiddenSize, cut: 'outputs' },
  { module: 'mlp.up_proj', group: 'gateUp', columns: hiddenSize, cut: 'outputs' },
  { module: 'mlp.down_proj', group: 'down', columns: intermediateSize, cut: 'inputs' },
];

const columnsOf = { attention: 0, gateUp: 1, down: 2, width: 3 };
/** Active ranks and width, by sequence and layer. */
const table = [
  [
    [2, 1, 3, 7],
    [1, 3, 2, 12],
  ],
  [
    [3, 2, 1, 10],
    [2, 2, 3, 6],
  ],
];

export const tinySizes = {
  rank,
  rows,
  active(sequence: number, layer: number): Record<Group | 'width', number> {
    const [attention, gateUp, down, width] = table[sequence]![layer]! as [number, number, number, number];
    return { attention, gateUp, down, width };
  },
};

const linears: Record<string, [out: number, inputs: number]> = {
  'self_attn.q_proj': [heads * headDim, hiddenSize],
  'self_attn.k_proj': [kvHeads * headDim, hiddenSize],
  'self_attn.v_proj': [kvHeads * headDim, hiddenSize],
  'self_attn.o_proj': [hiddenSize, heads * headDim],
  'mlp.gate_proj': [intermediateSize, hiddenSize],
  'mlp.up_proj': [intermediateSize, hiddenSize],
  'mlp.down_proj': [hiddenSize, intermediateSize],
};

/** Losses of `rows` positions (a third of each sequence's unscored), adapters trainable. `dtype`: of the frozen weights. */
export function tinyLlama(
  scene: Scene,
  { dtype = 'f32', dropout = 0.2 }: { dtype?: DType; dropout?: number } = {},
): Tensor {
  const plan = elasticPlan();
  const masked = new Set([
    'model.layers.0.mlp.up_proj',
    'model.layers.1.self_attn.o_proj',
    'model.layers.1.mlp.down_proj',
  ]);
  declareWeights(scene, plan, masked, dtype);
  const specOf = (name: string) => scene.graph.tensors.find((tensor) => tensor.name === name)!;
  const decoder = new Decoder(scene.graph, config, {
    sequences,
    length,
    plan,
    masked,
    quantized: new Set<string>(),
    specOf,
    ropePositions: length,
    trainable: true,
    dropout,
  });
  scene.inputs.set('limits', Int32Array.from(table.flat(2)));
  scene.inputs.set('seed', Uint32Array.of(5, 9));
  const ids = scene.integers('ids', [sequences * length], () => scene.random.integer(vocabSize));
  const scored = scene.integers('rows', [rows], (i) => [0, 2, 3, 4, -1, 7][i]!);
  const targets = scene.integers('targets', [rows], (i) => [4, 1, 7, 0, -1, 10][i]!);
  const [chosen] = scene.graph.apply(gatherRows, [decoder.blocks(decoder.embed(ids)), scored], {});
  return scene.graph.apply(crossEntropy, [decoder.head(chosen!), targets], {})[0]!;
}

function elasticPlan(): ElasticPlan {
  const adapters = new Map<string, AdapterPlan>();
  for (let layer = 0; layer < config.layers; layer++) {
    adapted.forEach(({ module, group }, index) =>
      adapters.set(`model.layers.${layer}.${module}`, {
        rank,
        scale: 1.5,
        group: layer * 4 + columnsOf[group],
        index: layer * 8 + index,
      }),
    );
  }
  return {
    ...plainPlan(2),
    columns: 8,
    adapters,
    widths: [columnsOf.width, 4 + columnsOf.width],
  };
}

function declareWeights(scene: Scene, plan: ElasticPlan, masked: ReadonlySet<string>, dtype: DType): void {
  const about = (mean: number, spread: number) => () => mean + spread * scene.random.normal();
  const { cos, sin } = ropeTables(config, length);
  scene.values(`rope.${length}.cos`, [length, headDim / 2], (i) => cos[i]!);
  scene.values(`rope.${length}.sin`, [length, headDim / 2], (i) => sin[i]!);
  scene.values('model.embed_tokens.weight', [vocabSize, hiddenSize], about(0, 0.7), { dtype });
  scene.values('model.norm.weight', [hiddenSize], about(1, 0.1), { dtype });
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `model.layers.${layer}`;
    for (const norm of ['input_layernorm', 'post_attention_layernorm'])
      scene.values(`${block}.${norm}.weight`, [hiddenSize], about(1, 0.1), { dtype });
    for (const [module, [out, inputs]] of Object.entries(linears)) {
      const name = `${block}.${module}`;
      scene.values(`${name}.weight`, [out, inputs], about(0, 0.4), { dtype });
      scene.values(`${name}.bias`, [out], about(0, 0.1));
      if (masked.has(name))
        scene.values(maskName(name), [out, 1], () => scene.random.integer(2 ** 12), { dtype: 'u32' });
      if (!plan.adapters.has(name)) continue;
      scene.values(adapterA(name), [rank, inputs], about(0, 0.4), { trainable: true });
      scene.values(adapterB(name), [out, rank], about(0, 0.4), { trainable: true });
    }
  }
}
