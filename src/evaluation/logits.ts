import { Graph } from '../graph/graph.ts';
import { Decoder } from '../models/decoder.ts';
import { decoderOptions, type Runnable } from '../models/runnable.ts';

/** Logits at every position of one sequence, float32 [positions][vocabulary]. */
export async function logitsOf(model: Runnable, ids: readonly number[]): Promise<Float32Array[]> {
  const { backend, store, config, plan, limits } = model;
  const graph = new Graph();
  const decoder = new Decoder(graph, config, decoderOptions(model, 1, ids.length));
  const input = graph.input('ids', 'i32', [ids.length]);
  graph.output('logits', decoder.head(decoder.blocks(decoder.embed(input))));
  const program = await backend.compile(graph, store);
  try {
    program.write('ids', Int32Array.from(ids));
    if (plan.columns > 0) program.write('limits', Int32Array.from(limits));
    program.run();
    const flat = await program.read('logits');
    return ids.map((_, i) => flat.subarray(i * config.vocabSize, (i + 1) * config.vocabSize));
  } finally {
    program.dispose();
  }
}
