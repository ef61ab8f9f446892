/**
 * How a graph meets a search space: which column of the `limits` input (i32 [sequences, groups]) holds the active
 * rank of each adapter and the active FFN width of each block. Ranks and widths are inputs; nothing is rebuilt
 * between sub-networks.
 */
export interface ElasticPlan {
  /** Columns of `limits`. */
  readonly groups: number;
  readonly adapters: ReadonlyMap<string, AdapterPlan>;
  /** Column of the FFN width, by block; null where the width is fixed. */
  readonly widths: readonly (number | null)[];
}

export interface AdapterPlan {
  /** r_max: rows of A, columns of B. */
  readonly rank: number;
  /** s = α / r_max, the same at every sub-rank. */
  readonly scale: number;
  readonly group: number | null;
  /** Tells dropout streams apart. */
  readonly index: number;
}

/** A model as it is: no adapters, full widths. */
export const plainPlan = (layers: number): ElasticPlan => ({
  groups: 0,
  adapters: new Map(),
  widths: Array.from({ length: layers }, () => null),
});

export const adapterA = (module: string) => `${module}.lora_A.weight`;
export const adapterB = (module: string) => `${module}.lora_B.weight`;
export const maskName = (module: string) => `${module}.mask`;
/** INT4 codes of a module, i4 [out, in]. */
export const codesName = (module: string) => `${module}.codes`;
/** The grid beside them, f32 [out, 2 · groups]. */
export const gridName = (module: string) => `${module}.grid`;
