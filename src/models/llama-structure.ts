import type { ModelConfig } from '../formats/model-config.ts';
import { headModule, type ModelStructure, type ModuleRole, type ModuleShape } from './structure.ts';
import { blockModules } from './llama.ts';

/** The linear modules of a Llama-family model and their shapes, from its config alone. */
export function llamaStructure(config: ModelConfig): ModelStructure {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize, layers } = config;
  const shapes: Record<Exclude<ModuleRole, 'head'>, readonly [number, number]> = {
    q: [heads * headDim, hiddenSize],
    k: [kvHeads * headDim, hiddenSize],
    v: [kvHeads * headDim, hiddenSize],
    o: [hiddenSize, heads * headDim],
    gate: [intermediateSize, hiddenSize],
    up: [intermediateSize, hiddenSize],
    down: [hiddenSize, intermediateSize],
  };
  const modules = Array.from({ length: layers }, (_, layer) =>
    blockModules(layer).map((name): ModuleShape => {
      const role = roleOf(name);
      const bias = name.includes('.mlp.') ? config.mlpBias : config.attentionBias;
      return { name, layer, role, shape: shapes[role], bias };
    }),
  ).flat();
  const head: ModuleShape = { name: headModule, layer: layers, role: 'head', shape: [vocabSize, hiddenSize] };
  return {
    layers,
    modules: [...modules, head],
    intermediateSize,
    attention: { heads, kvHeads, headDim },
    embedding: [vocabSize, hiddenSize],
    otherParameters: vocabSize * hiddenSize + (2 * layers + 1) * hiddenSize,
    tiedHead: config.tied,
  };
}

export function roleOf(module: string): Exclude<ModuleRole, 'head'> {
  return /\.([a-z]+)_proj$/.exec(module)![1] as Exclude<ModuleRole, 'head'>;
}
