import { Graph } from '../../graph/graph.ts';
import { prune, type PruneAttributes } from '../../kernels/ops.ts';
import { denseBase, maskName } from '../../models/elastic.ts';
import { blockModules } from '../../models/structure.ts';
import { walkBlocks, type Calibration } from './block-walk.ts';
import { measureSquares, squaresName } from './squares.ts';

export interface PruneOptions {
  readonly method: 'wanda' | 'magnitude';
  /** Share of each output row: `int(in · ratio)` of its weights go. */
  readonly ratio: number;
  /** N of every M consecutive inputs go instead. */
  readonly pattern: { readonly n: number; readonly m: number } | null;
}

/**
 * Sparsifies every linear module of every block. The weights stay as they are; an element mask beside each
 * (`<module>.mask`) says which of them count, so the dense model is still there to compare with. Returns the masked
 * modules. Embedding and head are never pruned.
 */
export async function pruneModel(calibration: Calibration, options: PruneOptions): Promise<Set<string>> {
  return options.method === 'wanda'
    ? pruneByWanda(calibration, options)
    : pruneByMagnitude(calibration, options);
}

/**
 * Wanda (METHODS §5): all modules of a block are scored from one forward, pruned, the block is run again, and its
 * pruned output feeds the next block.
 */
async function pruneByWanda(calibration: Calibration, options: PruneOptions): Promise<Set<string>> {
  const masked = new Set<string>();
  await walkBlocks(calibration, async (walk, layer) => {
    for (const module of await measureSquares(calibration, walk, layer))
      masked.add(await pruneModule(calibration, module, options, walk.sequences));
    return { masked, quantized: new Set() };
  });
  return masked;
}

async function pruneByMagnitude(calibration: Calibration, options: PruneOptions): Promise<Set<string>> {
  const { config, pacer, onBlock } = calibration;
  const masked = new Set<string>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of blockModules(config, layer))
      masked.add(await pruneModule(calibration, module, options, null));
    await pacer.rest();
    onBlock?.();
  }
  return masked;
}

/** Σ x² of the inputs of every linear module, from one pass over the dense model. */
export async function activationSquares(calibration: Calibration): Promise<Map<string, Float32Array>> {
  const squares = new Map<string, Float32Array>();
  await walkBlocks(calibration, async (walk, layer) => {
    for (const module of await measureSquares(calibration, walk, layer)) {
      const bytes = await calibration.store.read(squaresName(module));
      squares.set(module, new Float32Array(bytes.buffer));
    }
    return denseBase;
  });
  return squares;
}

async function pruneModule(
  { backend, store, pacer }: Calibration,
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
  try {
    program.run();
    await pacer.ran(program.work);
  } finally {
    program.dispose();
  }
  return module;
}
