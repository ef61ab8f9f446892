import type { Store } from '../backends/backend.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { blockOf } from './structure.ts';

/**
 * How a graph meets a search space: which column of the `limits` input (i32 [sequences, columns]) holds the active
 * rank of each adapter, the active FFN width and heads of each block, and whether the block is there at all. They are
 * inputs; nothing is rebuilt between sub-networks.
 */
export interface ElasticPlan {
  /** Columns of `limits`. */
  readonly columns: number;
  readonly adapters: ReadonlyMap<string, AdapterPlan>;
  /** Column of the FFN width, by block; null where the width is fixed. */
  readonly widths: readonly (number | null)[];
  /** Columns of the active rows of q (and columns of o), and of k and v, by block. */
  readonly heads: readonly (HeadColumns | null)[];
  /** Column that is 0 where the block is taken out (the residual passes through), by block. */
  readonly blocks: readonly (number | null)[];
  /** What becomes of an adapter inside the forward pass. */
  readonly merge: MergeKind;
}

/**
 * `none`: Y += s·(X Aᵀ) Bᵀ. `masked`: SparsePEFT, X (Wᵖ + Lᵖ)ᵀ in the dtype that ships. `quantized`: QA-SparsePEFT, the
 * same on the frozen INT4 grid (METHODS §7).
 */
export type MergeKind = 'none' | 'masked' | 'quantized';

export interface HeadColumns {
  readonly query: number;
  readonly keyValue: number;
}

export interface AdapterPlan {
  /** r_max: rows of A, columns of B. */
  readonly rank: number;
  /** s = α / r_max, the same at every sub-rank. */
  readonly scale: number;
  /** Column of the active rank; null where it is fixed. */
  readonly group: number | null;
  /** Tells dropout streams apart. */
  readonly index: number;
  /** It came with the model, under names of its own: training leaves it as it is. */
  readonly given?: boolean;
}

/** How the base weights are held, beside the plain `<module>.weight`. */
export interface BaseForm {
  /** Modules whose stored element mask applies. */
  readonly masked: ReadonlySet<string>;
  /** Modules whose INT4 codes and grid stand for the weight. */
  readonly quantized: ReadonlySet<string>;
}

export const denseBase: BaseForm = { masked: new Set(), quantized: new Set() };

/** A model as it is: no adapters, full widths, all blocks. */
export const plainPlan = (layers: number): ElasticPlan => {
  const none = Array.from({ length: layers }, () => null);
  return { columns: 0, adapters: new Map(), widths: none, heads: none, blocks: none, merge: 'none' };
};

/** Columns of `limits` that the embedding and the first so many blocks depend on. */
export function columnsOfBlocks({ adapters, widths, heads, blocks }: ElasticPlan, count: number): number[] {
  const columns = [
    // What is outside of the blocks counts as the first one's: an adapter of a tied head is the embedding's too.
    ...[...adapters].flatMap(([module, { group }]) => (blockOf(module) < count ? [group] : [])),
    ...widths.slice(0, count),
    ...heads.slice(0, count).flatMap((each) => (each ? [each.query, each.keyValue] : [])),
    ...blocks.slice(0, count),
  ];
  return [...new Set(columns.filter((column) => column !== null))].toSorted((a, b) => a - b);
}

export const adapterA = (module: string) => `${module}.lora_A.weight`;
export const adapterB = (module: string) => `${module}.lora_B.weight`;
export const givenA = (module: string) => `${module}.given_A.weight`;
export const givenB = (module: string) => `${module}.given_B.weight`;
export const maskName = (module: string) => `${module}.mask`;
/** INT4 codes of a module, and their grid (`kernels/int4.ts`). */
export const codesName = (module: string) => `${module}.codes`;
export const gridName = (module: string) => `${module}.grid`;

/** A model in a store. */
export interface Held {
  readonly store: Pick<Store, 'has' | 'spec'>;
  readonly config: ModelConfig;
}

/** [out, in] features of a module, however its weight is held; a tied head is the embedding. */
export function moduleShape({ store, config: { names } }: Held, module: string): [number, number] {
  const forms = [`${module}.weight`, codesName(module)];
  if (module === names.head) forms.push(`${names.embedding}.weight`);
  const held = forms.find((name) => store.has(name));
  if (!held) throw new Error(`${module} has no weight in the store`);
  return store.spec(held).shape as [number, number];
}
