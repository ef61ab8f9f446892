import type { Program } from '../backends/backend.ts';
import { Graph } from '../graph/graph.ts';
import { pairedRatioOfMedians, type PairedRatio } from '../lib/statistics.ts';
import { LlamaDecoder } from '../models/llama.ts';
import { decoderOptions, repeatLimits, type Runnable } from '../models/runnable.ts';

export interface SpeedOptions {
  readonly sequences: number;
  readonly length: number;
  /** Paired runs, after one of each to warm up. */
  readonly pairs: number;
}

/**
 * Tokens/s of `model` over `original`, measured on this device: the same batch through both, turn by turn, so that
 * what else the machine does falls on both alike (METHODS §10). Never computed from MACs.
 */
export async function measureSpeedup(
  original: Runnable,
  model: Runnable,
  options: SpeedOptions,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<PairedRatio> {
  const programs = await Promise.all([original, model].map((runnable) => forward(runnable, options)));
  try {
    const times: [number[], number[]] = [[], []];
    for (let pair = 0; pair <= options.pairs; pair++) {
      for (const index of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const elapsed = await time(index === 0 ? original : model, programs[index]!);
        if (pair > 0) times[index].push(elapsed);
      }
      await pause();
    }
    return pairedRatioOfMedians(times[0], times[1]);
  } finally {
    for (const program of programs) program.dispose();
  }
}

async function time({ backend }: Runnable, program: Program): Promise<number> {
  await backend.idle();
  const began = performance.now();
  program.run();
  await backend.idle();
  return performance.now() - began;
}

function forward(model: Runnable, { sequences, length }: SpeedOptions): Promise<Program> {
  const graph = new Graph();
  const decoder = new LlamaDecoder(graph, model.config, decoderOptions(model, sequences, length));
  const ids = graph.input('ids', 'i32', [sequences * length]);
  graph.output('logits', decoder.head(decoder.blocks(decoder.embed(ids))));
  return model.backend.compile(graph, model.store).then((program) => {
    if (model.plan.groups > 0) program.write('limits', repeatLimits(model.limits, sequences));
    return program;
  });
}
