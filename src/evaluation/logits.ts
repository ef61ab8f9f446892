import type { Backend, Store } from '../backends/backend.ts';
import { Graph } from '../graph/graph.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { plainPlan, type ElasticPlan } from '../models/elastic.ts';
import { LlamaDecoder } from '../models/llama.ts';
import { ensureRope } from '../models/weights.ts';

export interface LogitsOptions {
  readonly plan?: ElasticPlan;
  readonly masked?: ReadonlySet<string>;
  /** Active sizes, by column of the plan's limits. */
  readonly limits?: readonly number[];
}

/** Logits at every position of one sequence, float32 [positions][vocabulary]. */
export async function logitsOf(backend: Backend, store: Store, config: ModelConfig, ids: readonly number[], options: LogitsOptions = {}): Promise<Float32Array[]> {
  const graph = new Graph();
  const decoder = new LlamaDecoder(graph, config, {
    sequences: 1,
    length: ids.length,
    plan: options.plan ?? plainPlan(config.layers),
    masked: options.masked ?? new Set(),
    specOf: (name) => store.spec(name),
    ropePositions: ensureRope(store, config, ids.length),
  });
  const input = graph.input('ids', 'i32', [ids.length]);
  graph.output('logits', decoder.head(decoder.blocks(decoder.embed(input))));
  const program = await backend.compile(graph, store);
  try {
    program.write('ids', Int32Array.from(ids));
    if (options.limits?.length) program.write('limits', Int32Array.from(options.limits));
    program.run();
    const flat = await program.read('logits');
    return ids.map((_, i) => flat.subarray(i * config.vocabSize, (i + 1) * config.vocabSize));
  } finally {
    program.dispose();
  }
}
