import { inBlock, type BlockRole } from '../../formats/model-config.ts';
import { moduleShape } from '../../models/elastic.ts';
import type { Runnable } from '../../models/runnable.ts';
import { blockOf, inOtherBlock, isInBlock, roleOf } from '../../models/structure.ts';

/** Rows and columns, [out, in]. */
export interface Extent {
  readonly rows: number;
  readonly columns: number;
}

/** What a sub-network keeps of one block. */
export interface BlockSizes {
  /** Its number in the original. */
  readonly block: number;
  /** FFN width. */
  readonly width: number;
  /** Rows of q (columns of o), and rows of k and v. */
  readonly query: number;
  readonly keyValue: number;
}

/** The blocks that a sub-network keeps, in order, and their sizes. */
export function keptBlocks(model: Runnable): BlockSizes[] {
  const { config, plan, limits } = model;
  const sizes: BlockSizes[] = [];
  for (let block = 0; block < config.layers; block++) {
    const at = plan.blocks[block] ?? null;
    if (at !== null && limits[at] === 0) continue;
    const heads = plan.heads[block] ?? null;
    const limited = (role: BlockRole, whole: number, column: number | null | undefined) => {
      const name = config.names.linear[role];
      const rows = name === undefined ? whole : moduleShape(model, inBlock(config, block, name))[0];
      return column === null || column === undefined ? rows : Math.min(rows, limits[column]!);
    };
    sizes.push({
      block,
      width: limited('up', config.intermediateSize, plan.widths[block]),
      query: limited('q', config.heads * config.headDim, heads?.query),
      keyValue: limited('k', config.kvHeads * config.headDim, heads?.keyValue),
    });
  }
  return sizes;
}

/** A sub-network's blocks, to look up by name. */
export class Kept {
  readonly blocks: readonly BlockSizes[];
  readonly #model: Runnable;

  constructor(model: Runnable) {
    this.#model = model;
    this.blocks = keptBlocks(model);
  }

  /** The name in a model where removed blocks are gone and the others numbered anew; null in a removed block. */
  rename(name: string): string | null {
    if (!isInBlock(this.#model.config, name)) return name;
    const place = this.#placeOf(name);
    return place < 0 ? null : inOtherBlock(name, place);
  }

  /** Rows and columns of a module that are kept. */
  extent(module: string): Extent {
    const [rows, columns] = moduleShape(this.#model, module);
    return this.#cut(module, { rows, columns }, this.blocks[this.#placeOf(module)]);
  }

  /** The same, in the sizes of the largest block: for loaders that know one size for all of them. */
  padded(module: string): Extent {
    const [rows, columns] = moduleShape(this.#model, module);
    return this.#cut(module, { rows, columns }, this.widest());
  }

  widest(): Omit<BlockSizes, 'block'> {
    const most = (of: (sizes: BlockSizes) => number) => Math.max(...this.blocks.map(of));
    return {
      width: most(({ width }) => width),
      query: most(({ query }) => query),
      keyValue: most(({ keyValue }) => keyValue),
    };
  }

  #placeOf(name: string): number {
    return this.blocks.findIndex(({ block }) => block === blockOf(name));
  }

  #cut(module: string, whole: Extent, sizes: Omit<BlockSizes, 'block'> | undefined): Extent {
    const role = roleOf(this.#model.config, module);
    if (!sizes || role === undefined || role === 'head' || role === 'qkv') return whole;
    if (role === 'gate' || role === 'up') return { ...whole, rows: sizes.width };
    if (role === 'down') return { ...whole, columns: sizes.width };
    if (role === 'o') return { ...whole, columns: sizes.query };
    return { ...whole, rows: role === 'q' ? sizes.query : sizes.keyValue };
  }
}
