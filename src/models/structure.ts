/** What a search and a cost count must know about a model: its linear modules, and nothing of their weights. */

export type ModuleRole = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down' | 'head';

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
}
