/**
 * Multiply–accumulates and parameters of a sub-network, as the papers count them (METHODS §10; NNCF's
 * `WeightsFlopsCalculator`, whose FLOPs are twice the MACs). All figures are exact integers, far below 2^53.
 */
import type { ModelStructure, ModuleShape, SubNetwork } from '../models/structure.ts';

export interface Cost {
  /** MACs a position: linear modules, head, and adapters that are not merged. */
  readonly macsPerToken: number;
  /** The papers' "total params": linear weights, head and adapters, without the embedding. */
  readonly parameters: number;
  /** Of which adapters. */
  readonly adapterParameters: number;
  /** Everything: embeddings, norms and biases too; a tied head once. */
  readonly wholeModelParameters: number;
}

export interface CostOptions {
  /** Adapters are part of the weights, so they cost nothing. */
  readonly merged?: boolean;
}

/** The dense model: no adapters, full width. */
export const denseModel: SubNetwork = { ranks: {}, widths: {} };

export function costOf(structure: ModelStructure, subNetwork: SubNetwork, options: CostOptions = {}): Cost {
  const blockWidths = widthOfBlocks(structure, subNetwork);
  let linear = 0;
  let adapters = 0;
  let uncounted = structure.otherParameters ?? 0;
  for (const module of structure.modules) {
    const [rows, columns] = activeShape(module, blockWidths);
    linear += rows * columns;
    adapters += options.merged ? 0 : (subNetwork.ranks[module.name] ?? 0) * (rows + columns);
    if (module.bias) uncounted += rows;
    if (module.role === 'head' && structure.tiedHead) uncounted -= rows * columns;
  }
  return {
    // A weight of a linear module is used once a position, so MACs and parameters coincide.
    macsPerToken: linear + adapters,
    parameters: linear + adapters,
    adapterParameters: adapters,
    wholeModelParameters: linear + adapters + uncounted,
  };
}

/** Active FFN width of each block that has one. */
function widthOfBlocks({ modules }: ModelStructure, { widths }: SubNetwork): Map<number, number> {
  const result = new Map<number, number>();
  for (const { name, layer, role } of modules) {
    const width = widths[name];
    if (width !== undefined && (role === 'gate' || role === 'up')) result.set(layer, width);
  }
  return result;
}

/** [out, in] features of what is left of a module: gate and up lose rows, down loses columns. */
function activeShape(
  { role, layer, shape }: ModuleShape,
  blockWidths: Map<number, number>,
): [number, number] {
  const [rows, columns] = shape;
  const width = blockWidths.get(layer);
  if (width === undefined) return [rows, columns];
  if (role === 'gate' || role === 'up') return [width, columns];
  return role === 'down' ? [rows, width] : [rows, columns];
}

/** The papers' "TFLOPs" column: 10^12 MACs of 256 positions. Label it `TMACs @256`. */
export const teraMacs = (macsPerToken: number, positions = 256): number => (macsPerToken * positions) / 1e12;

/**
 * MACs of the attention products QKᵀ and PV over a causal sequence of T positions (position t sees t of them), which the
 * published figure leaves out: T · (T + 1) times the rows of q, over all blocks.
 */
export function attentionMacs({ modules }: ModelStructure, positions: number): number {
  const rows = modules.filter((m) => m.role === 'q').reduce((sum, m) => sum + m.shape[0], 0);
  return rows * positions * (positions + 1);
}
