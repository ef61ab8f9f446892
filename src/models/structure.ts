/** What a search and a cost count must know about a model: its linear modules, and nothing of their weights. */

export type ModuleRole = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down' | 'head';

/** What can carry an adapter: the linear modules, and the embedding, whose "output rows" are the vocabulary. */
export type AdapterRole = ModuleRole | 'embedding';

export const headModule = 'lm_head';
export const embeddingModule = 'model.embed_tokens';

/** How attention is cut into heads. */
export interface AttentionShape {
  readonly heads: number;
  /** KV groups: a k and a v head, and the `heads / kvHeads` q heads that read them. */
  readonly kvHeads: number;
  readonly headDim: number;
}

export interface ModuleShape {
  /** As in the checkpoint, e.g. `model.layers.0.mlp.up_proj`. */
  readonly name: string;
  /** Block index; any number for `head`. */
  readonly layer: number;
  readonly role: ModuleRole;
  /** [out, in] features, whatever the file's own layout. */
  readonly shape: readonly [rows: number, columns: number];
  readonly bias?: boolean;
}

export interface ModelStructure {
  readonly layers: number;
  /** All linear modules, `head` included also where it is tied to the embedding. */
  readonly modules: readonly ModuleShape[];
  /** Full FFN width: rows of gate and up, columns of down. */
  readonly intermediateSize: number;
  /** Absent where heads cannot be cut. */
  readonly attention?: AttentionShape;
  /** [vocabulary, hidden], where the embedding can carry an adapter. */
  readonly embedding?: readonly [rows: number, columns: number];
  /** Parameters outside the linear modules: embeddings, positions, norms. For the whole-model figure. */
  readonly otherParameters?: number;
  /** The head is the embedding, already among `otherParameters`. */
  readonly tiedHead?: boolean;
}

/** One sub-network, module by module. What is missing from `ranks` has no adapter; from `widths`, its full width. */
export interface SubNetwork {
  /** Adapter rank ρ of each adapted module. */
  readonly ranks: Readonly<Record<string, number>>;
  /** Active output rows of each gate and up module; the `down` of the same block follows. */
  readonly widths: Readonly<Record<string, number>>;
  /** KV groups that the attention of a block keeps; all of them where it is not named. */
  readonly kvGroups?: Readonly<Record<number, number>>;
  /** Blocks that are taken out. */
  readonly removed?: ReadonlySet<number>;
}

/** Block index in a module's name; 0 outside blocks. */
export function blockOf(module: string): number {
  return Number(/\.layers\.(\d+)\./.exec(module)?.[1] ?? 0);
}
