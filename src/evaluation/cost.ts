/**
 * Multiply–accumulates and parameters of a sub-network, as the papers count them (METHODS §10; NNCF's
 * `WeightsFlopsCalculator`, whose FLOPs are twice the MACs). All figures are exact integers, far below 2^53.
 */
import { type ModelStructure, type ModuleShape, type SubNetwork } from '../models/structure.ts';

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
  const { ranks, removed } = subNetwork;
  const blockWidths = widthOfBlocks(structure, subNetwork);
  const counted = { linear: 0, adapters: 0, adapterMacs: 0 };
  let others = (structure.otherParameters ?? 0) - (removed?.size ?? 0) * (structure.blockParameters ?? 0);
  for (const module of structure.modules) {
    const [rows, columns] = activeShape(structure, module, subNetwork, blockWidths);
    const inBlock = module.role !== 'head';
    if (inBlock && removed?.has(module.layer)) {
      continue;
    }
    const adapter = options.merged ? 0 : (ranks[module.name] ?? 0) * (rows + columns);
    counted.linear += rows * columns;
    counted.adapters += adapter;
    counted.adapterMacs += adapter;
    if (module.bias) others += rows;
    if (!inBlock && structure.tiedHead) others -= rows * columns;
  }
  if (!options.merged) addEmbeddingAdapter(structure, subNetwork, counted);
  const { linear, adapters, adapterMacs } = counted;
  return {
    // A weight of a linear module is used once a position, so MACs and parameters coincide.
    macsPerToken: linear + adapterMacs,
    parameters: linear + adapters,
    adapterParameters: adapters,
    wholeModelParameters: linear + adapters + others,
  };
}

/** An embedding's adapter looks a row of B up and multiplies by A; a tied one's parameters are the head's. */
function addEmbeddingAdapter(
  { embedding, tiedHead, outer }: ModelStructure,
  { ranks }: SubNetwork,
  counted: { adapters: number; adapterMacs: number },
): void {
  const rank = ranks[tiedHead ? outer.head : outer.embedding] ?? 0;
  const [vocabulary, hidden] = embedding ?? [0, 0];
  counted.adapterMacs += rank * hidden;
  if (!tiedHead) counted.adapters += rank * (vocabulary + hidden);
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

/** [out, in] features of what is left of a module: gate and up lose rows, down columns; q, k, v rows, o columns. */
function activeShape(
  { attention }: ModelStructure,
  { role, layer, shape }: ModuleShape,
  { kvGroups }: SubNetwork,
  blockWidths: Map<number, number>,
): [number, number] {
  const [rows, columns] = shape;
  const width = blockWidths.get(layer) ?? null;
  // Multiplied before divided, so that no figure is rounded: all of them are whole.
  const kept = (size: number): number =>
    attention ? (size * (kvGroups?.[layer] ?? attention.kvHeads)) / attention.kvHeads : size;
  if (role === 'gate' || role === 'up') return [width ?? rows, columns];
  if (role === 'down') return [rows, width ?? columns];
  if (role === 'q' || role === 'k' || role === 'v') return [kept(rows), columns];
  return role === 'o' ? [rows, kept(columns)] : [rows, columns];
}

/** The papers' "TFLOPs" column: 10^12 MACs of 256 positions. Label it `TMACs @256`. */
export const teraMacs = (macsPerToken: number, positions = 256): number => (macsPerToken * positions) / 1e12;

/**
 * MACs of the attention products QKᵀ and PV over a causal sequence of T positions (position t sees t of them), which the
 * published figure leaves out: T · (T + 1) times the inputs of o, which are as many as the rows of q, over all blocks.
 */
export function attentionMacs({ modules }: ModelStructure, positions: number): number {
  const rows = modules.filter((m) => m.role === 'o').reduce((sum, m) => sum + m.shape[1], 0);
  return rows * positions * (positions + 1);
}
