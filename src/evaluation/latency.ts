import { allBuilt } from '../backends/all-built.ts';
import type { Program } from '../backends/backend.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { Graph } from '../graph/graph.ts';
import { gatherRows } from '../kernels/ops.ts';
import { median, pairedRatioOfMedians, type PairedRatio } from '../lib/statistics.ts';
import { Decoder, type DecoderOptions } from '../models/decoder.ts';
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
  const programs = await allBuilt([original, model].map((runnable) => forward(runnable, options)));
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

/** Median milliseconds of a batch, after one to warm up. */
export async function forwardMilliseconds(
  model: Runnable,
  { sequences, length, repeats }: Omit<SpeedOptions, 'pairs'> & { repeats: number },
): Promise<number> {
  const program = await forward(model, { sequences, length, pairs: repeats });
  try {
    await time(model, program);
    const times: number[] = [];
    for (let i = 0; i < repeats; i++) times.push(await time(model, program));
    return median(times);
  } finally {
    program.dispose();
  }
}

async function time({ backend }: Runnable, program: Program): Promise<number> {
  await backend.idle();
  const began = performance.now();
  program.run();
  await backend.idle();
  return performance.now() - began;
}

/**
 * Reads a batch, and predicts what follows each sequence. The head sees one row a sequence, as it does when text is
 * made: logits of all positions would be far larger than anything else where the vocabulary is large.
 */
export function forwardGraph(config: ModelConfig, options: DecoderOptions): Graph {
  const { sequences, length } = options;
  const graph = new Graph();
  const decoder = new Decoder(graph, config, options);
  const hidden = decoder.blocks(decoder.embed(graph.input('ids', 'i32', [sequences * length])));
  const [last] = graph.apply(gatherRows, [hidden, graph.input('last', 'i32', [sequences])], {});
  graph.output('logits', decoder.head(last!));
  return graph;
}

async function forward(model: Runnable, { sequences, length }: SpeedOptions): Promise<Program> {
  const graph = forwardGraph(model.config, decoderOptions(model, sequences, length));
  const program = await model.backend.compile(graph, model.store);
  program.write(
    'last',
    Int32Array.from({ length: sequences }, (_, sequence) => (sequence + 1) * length - 1),
  );
  if (model.plan.columns > 0) program.write('limits', repeatLimits(model.limits, sequences));
  return program;
}
