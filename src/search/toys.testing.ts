/** Small models, spaces and scores for the tests of this folder. */
import type { Evaluation, Searcher } from './searcher.ts';
import type { Genome, SearchSpace } from './space.ts';
import type { AttentionShape, ModelStructure, ModuleRole, ModuleShape } from '../models/structure.ts';

export interface LlamaSize {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  /** Rows of k and v; the hidden size where absent. */
  readonly keys?: number;
  /** Rows of q and columns of o; the hidden size where absent. */
  readonly queries?: number;
  /** Where heads can be cut: `queries` and `keys` follow from it. */
  readonly attention?: AttentionShape;
  readonly tied?: boolean;
}

/** The linear modules of a Llama, named as in its checkpoint. */
export function llamaStructure({
  layers,
  hidden,
  intermediate,
  vocabulary,
  attention,
  keys = attention ? attention.kvHeads * attention.headDim : hidden,
  queries = attention ? attention.heads * attention.headDim : hidden,
  tied = false,
}: LlamaSize): ModelStructure {
  const shapes: [role: ModuleRole, name: string, rows: number, columns: number][] = [
    ['q', 'self_attn.q_proj', queries, hidden],
    ['k', 'self_attn.k_proj', keys, hidden],
    ['v', 'self_attn.v_proj', keys, hidden],
    ['o', 'self_attn.o_proj', hidden, queries],
    ['gate', 'mlp.gate_proj', intermediate, hidden],
    ['up', 'mlp.up_proj', intermediate, hidden],
    ['down', 'mlp.down_proj', hidden, intermediate],
  ];
  const modules = Array.from({ length: layers }, (_, layer) =>
    shapes.map(([role, name, rows, columns]): ModuleShape => {
      return { name: `model.layers.${layer}.${name}`, layer, role, shape: [rows, columns] };
    }),
  ).flat();
  modules.push({ name: 'lm_head', layer: layers, role: 'head', shape: [vocabulary, hidden] });
  const otherParameters = vocabulary * hidden + (2 * layers + 1) * hidden;
  return {
    layers,
    modules,
    intermediateSize: intermediate,
    otherParameters,
    blockParameters: 2 * hidden,
    outer: { embedding: 'model.embed_tokens', head: 'lm_head' },
    ...(attention ? { attention, embedding: [vocabulary, hidden], tiedHead: tied } : {}),
  };
}

/** A space with so many choices a gene. */
export function spaceOf(...choices: number[]): SearchSpace {
  return {
    groups: choices.map((count, layer) => ({
      id: `gene ${layer}`,
      kind: 'rank',
      layer,
      members: [`module ${layer}`],
      choices: Array.from({ length: count }, (_, i) => count - i),
    })),
  };
}

/** A made-up [cost, −accuracy]: large choices cost more, and help unevenly, with a pull between neighbours. */
export function toyScore(genome: Genome): Evaluation {
  let cost = 1000;
  let accuracy = 0.9;
  genome.forEach((gene, i) => {
    cost -= gene * (10 + ((i * 7) % 5));
    accuracy -= 0.01 * gene * (1 + (i % 3)) - 0.004 * gene * (genome[i - 1] ?? 0);
  });
  return { genome, objectives: [cost, -accuracy] };
}

/** Runs a search to its end, or for so many batches, and returns the batches it asked for. */
export function run(searcher: Searcher, batches = Infinity, score = toyScore): Genome[][] {
  const asked: Genome[][] = [];
  while (asked.length < batches) {
    const batch = searcher.ask();
    if (!batch) break;
    asked.push(batch);
    searcher.tell(batch.map(score));
  }
  return asked;
}
