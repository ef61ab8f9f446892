import { adapterA, adapterB, type ElasticPlan } from '../../src/models/elastic.ts';
import { ropeTables } from '../../src/models/rope.ts';
import { rank, storiesConfig } from '../page/stories-subject.ts';
import type { Workload } from '../../src/recipes/performance/workload.ts';

/** Values of a matrix or vector of the step, row-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** The step of our workload as another library takes it: the same numbers under short names. */
export interface StepModel {
  readonly batch: number;
  readonly length: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly epsilon: number;
  /** Of an adapter's product. */
  readonly scale: number;
  readonly clip: number;
  readonly learningRate: number;
  /** A [in, r] and B [r, out]. */
  readonly adapters: Readonly<Record<string, Values>>;
  /** Weights [in, out], norms, the embedding, rotary tables [length, 1, headDim / 2]. */
  readonly frozen: Readonly<Record<string, Values>>;
  /** [batch · length], and [batch · (length − 1)] tokens to predict. */
  readonly ids: Int32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
}

export const stepSettings = { clip: 1, learningRate: 1e-3 };

/** Of a workload whose store holds fresh adapters; what Llama calls its tensors is known here. */
export async function stepModel({ store, plan, train, trainShape }: Workload): Promise<StepModel> {
  const config = storiesConfig();
  const { batch, length } = trainShape;
  const read = async (name: string): Promise<Values> => ({
    shape: store.spec(name).shape,
    data: new Float32Array((await store.read(name)).buffer),
  });
  const { cos, sin } = ropeTables(config, length);
  const table = (data: Float32Array<ArrayBuffer>): Values => ({
    shape: [length, 1, config.headDim / 2],
    data,
  });
  const frozen: Record<string, Values> = {
    embedding: await read('model.embed_tokens.weight'),
    norm: await read('model.norm.weight'),
    cos: table(cos),
    sin: table(sin),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    frozen[`${layer}.norm1`] = await read(`model.layers.${layer}.input_layernorm.weight`);
    frozen[`${layer}.norm2`] = await read(`model.layers.${layer}.post_attention_layernorm.weight`);
  }
  for (const module of plan.adapters.keys())
    frozen[short(module)] = transposed(await read(`${module}.weight`));
  return {
    batch,
    length,
    ...config,
    epsilon: config.normEpsilon,
    scale: [...plan.adapters.values()][0]!.scale,
    ...stepSettings,
    adapters: await adaptersOf(plan, read),
    frozen,
    ids: train[0]!.ids,
    targets: train[0]!.targets.slice(0, batch * (length - 1)),
  };
}

async function adaptersOf(
  plan: ElasticPlan,
  read: (name: string) => Promise<Values>,
): Promise<Record<string, Values>> {
  const adapters: Record<string, Values> = {};
  for (const module of plan.adapters.keys()) {
    adapters[`${short(module)}.A`] = transposed(await read(adapterA(module)));
    adapters[`${short(module)}.B`] = transposed(await read(adapterB(module)));
  }
  if (Object.values(adapters).some(({ shape }) => !shape.includes(rank)))
    throw new Error('not LoRA of this rank');
  return adapters;
}

/** model.layers.3.self_attn.q_proj → 3.q */
function short(module: string): string {
  const [, layer, role] = /layers\.(\d+)\..*?(\w+)_proj$/.exec(module)!;
  return `${layer}.${role}`;
}

function transposed({ shape, data }: Values): Values {
  const [rows, columns] = shape as [number, number];
  const turned = Float32Array.from(
    { length: rows * columns },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!,
  );
  return { shape: [columns, rows], data: turned };
}
