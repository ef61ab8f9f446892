import { describe, it } from 'vitest';
import { expectedTensors } from '../formats/expected-tensors.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { Scene } from '../kernels/compare.testing.ts';
import { expectGradients } from '../kernels/gradients.testing.ts';
import { crossEntropy, gatherRows } from '../kernels/ops.ts';
import { configOf } from './config.testing.ts';
import { Decoder } from './decoder.ts';
import { adapterA, adapterB, denseBase, plainPlan, type AdapterPlan } from './elastic.ts';
import { ropeTables, rotaryDims } from './rope.ts';
import { blockModules } from './structure.ts';
import { tinyConfigs } from './tiny-configs.testing.ts';

const rank = 2;
const [sequences, length, vocabulary] = [2, 4, 11];
/** Windows shorter than the sequences, so that they count. */
const sizes = { vocab_size: vocabulary, num_hidden_layers: 2, n_layer: 2, sliding_window: 2 };
const small = { hidden_size: 8, intermediate_size: 12, n_embd: 8, ffn_dim: 12, word_embed_proj_dim: 8 };
const heads = { num_attention_heads: 2, num_key_value_heads: 1, n_head: 2, head_dim: 4 };

describe.each(tinyConfigs)('$model_type', (tiny) => {
  it('sends the right gradients to the adapters of every linear module', async () => {
    const own = Object.fromEntries(
      Object.entries({ ...sizes, ...small, ...heads }).filter(([key]) => key in tiny),
    );
    await expectGradients((scene) => losses(scene, configOf({ ...tiny, ...own })));
  });
});

/** Losses of a few positions, adapters trainable. */
function losses(scene: Scene, config: ModelConfig): Tensor {
  const modules = Array.from({ length: config.layers }, (_, layer) => blockModules(config, layer)).flat();
  const adapters = new Map<string, AdapterPlan>(
    modules.map((name, index) => [name, { rank, scale: 1.5, group: null, index }]),
  );
  declare(scene, config, modules);
  const decoder = new Decoder(scene.graph, config, {
    ...denseBase,
    sequences,
    length,
    plan: { ...plainPlan(config.layers), adapters },
    specOf: (name) => scene.graph.tensors.find((tensor) => tensor.name === name)!,
    ropePositions: length,
    trainable: true,
  });
  const ids = scene.integers('ids', [sequences * length], () => scene.random.integer(vocabulary));
  const rows = scene.integers('rows', [4], (i) => [1, 3, 6, 7][i]!);
  const targets = scene.integers('targets', [4], (i) => [4, 1, 7, 0][i]!);
  const [chosen] = scene.graph.apply(gatherRows, [decoder.blocks(decoder.embed(ids)), rows], {});
  return scene.graph.apply(crossEntropy, [decoder.head(chosen!), targets], {})[0]!;
}

function declare(scene: Scene, config: ModelConfig, modules: readonly string[]): void {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape }] of expectedTensors(config)) {
    shapes.set(name, shape);
    scene.values(name, [...shape], () => (shape.length === 1 ? 0.7 : 0) + 0.4 * scene.random.normal());
  }
  for (const module of modules) {
    const [out, inputs] = shapes.get(`${module}.weight`) as [number, number];
    for (const [name, shape] of [
      [adapterA(module), [rank, inputs]],
      [adapterB(module), [out, rank]],
    ] as const) {
      const values = Float32Array.from({ length: sizeOf(shape) }, () => 0.4 * scene.random.normal());
      scene.values(name, [...shape], (i) => values[i]!, { trainable: true });
    }
  }
  const dims = rotaryDims(config);
  if (dims === 0) return;
  const { cos, sin } = ropeTables(config, length);
  scene.values(`rope.${length}.cos`, [length, dims / 2], (i) => cos[i]!);
  scene.values(`rope.${length}.sin`, [length, dims / 2], (i) => sin[i]!);
}
