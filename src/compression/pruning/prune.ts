import type { Backend, Store } from '../../backends/backend.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { Graph } from '../../graph/graph.ts';
import { prune, type PruneAttributes } from '../../kernels/ops.ts';
import { maskName } from '../../models/elastic.ts';
import { blockModules } from '../../models/llama.ts';
import { BlockWalk, squaresName, type CalibrationBatch } from './block-walk.ts';

export interface PruneOptions {
  readonly method: 'wanda' | 'magnitude';
  /** Share of each output row: `int(in · ratio)` of its weights go. */
  readonly ratio: number;
  /** N of every M consecutive inputs go instead. */
  readonly pattern: { readonly n: number; readonly m: number } | null;
}

/** Called after each block; may wait (pause) or throw (stop). */
export type OnBlock = (done: number, total: number) => Promise<void>;

/**
 * Sparsifies every linear module of every block. The weights stay as they are; an element mask beside each
 * (`<module>.mask`) says which of them count, so the dense model is still there to compare with. Returns the masked
 * modules. Wanda (METHODS §5): all modules of a block are scored from one forward, pruned, the block is run again,
 * and its pruned output feeds the next block. Embedding and head are never pruned.
 */
export async function pruneModel(
  backend: Backend,
  store: Store,
  config: ModelConfig,
  batches: readonly CalibrationBatch[],
  options: PruneOptions,
  onBlock: OnBlock = () => Promise.resolve(),
): Promise<Set<string>> {
  const masked = new Set<string>();
  if (options.method === 'magnitude') {
    for (let layer = 0; layer < config.layers; layer++) {
      for (const module of blockModules(layer))
        masked.add(await pruneModule(backend, store, module, options, null));
      await onBlock(layer + 1, config.layers);
    }
    return masked;
  }
  const walk = new BlockWalk(backend, store, config, batches);
  try {
    await walk.embed();
    for (let layer = 0; layer < config.layers; layer++) {
      for (const module of await walk.measure(layer))
        masked.add(await pruneModule(backend, store, module, options, walk.sequences));
      await walk.advance(layer, masked);
      await onBlock(layer + 1, config.layers);
    }
  } finally {
    walk.dispose();
  }
  return masked;
}

/** Σ x² of the inputs of every linear module, from one pass over the dense model. */
export async function activationSquares(
  backend: Backend,
  store: Store,
  config: ModelConfig,
  batches: readonly CalibrationBatch[],
  onBlock: OnBlock = () => Promise.resolve(),
): Promise<Map<string, Float32Array>> {
  const squares = new Map<string, Float32Array>();
  const walk = new BlockWalk(backend, store, config, batches);
  try {
    await walk.embed();
    for (let layer = 0; layer < config.layers; layer++) {
      for (const module of await walk.measure(layer))
        squares.set(module, new Float32Array((await store.read(squaresName(module))).buffer));
      await walk.advance(layer, new Set());
      await onBlock(layer + 1, config.layers);
    }
  } finally {
    walk.dispose();
  }
  return squares;
}

async function pruneModule(
  backend: Backend,
  store: Store,
  module: string,
  options: PruneOptions,
  sequences: number | null,
): Promise<string> {
  const { dtype, shape } = store.spec(`${module}.weight`);
  const [rows, columns] = shape as [number, number];
  const maskShape = [rows, Math.ceil(columns / 32)];
  store.allocate(maskName(module), { dtype: 'u32', shape: maskShape });
  const graph = new Graph();
  const mask = graph.stored(maskName(module), 'u32', maskShape);
  const weight = graph.stored(`${module}.weight`, dtype, shape);
  const squares = sequences === null ? null : graph.stored(squaresName(module), 'f32', [columns]);
  const rule: PruneAttributes['rule'] = options.pattern ?? { count: Math.trunc(columns * options.ratio) };
  graph.apply(prune, [mask, weight, squares], { rule, inverseCount: 1 / (sequences ?? 1) });
  const program = await backend.compile(graph, store);
  program.run();
  program.dispose();
  return module;
}
