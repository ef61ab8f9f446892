import type { AdapterPlan, ElasticPlan, HeadColumns, MergeKind } from '../models/elastic.ts';
import { blockOf } from '../models/structure.ts';
import { activeSizes, type ElasticSpace, type Genome, type Group } from './space.ts';

export interface PlanOptions {
  /** Full adapter rank r_max; the scale of every sub-rank is α / r_max. */
  readonly rank: number;
  readonly alpha: number;
  readonly merge?: MergeKind;
}

/** A limit that cuts nothing: kernels take the smaller of it and the full size. */
const everything = 2 ** 30;

/**
 * Columns of the limits: the genes in order, the fixed groups, then one more for each group of heads, which cuts q and o
 * elsewhere than k and v.
 */
export function elasticPlanOf(
  elastic: ElasticSpace,
  layers: number,
  { rank, alpha, merge = 'none' }: PlanOptions,
): ElasticPlan {
  const groups = allGroups(elastic);
  const adapters = new Map<string, AdapterPlan>();
  const places = <T>() => Array.from<unknown, T | null>({ length: layers }, () => null);
  const widths = places<number>();
  const heads = places<HeadColumns>();
  const blocks = places<number>();
  let columns = groups.length;
  groups.forEach(({ kind, members, choices }, column) => {
    const inBlocks = new Set(members.map(blockOf));
    if (kind === 'rank') {
      const group = choices.length === 1 && choices[0] === rank ? null : column;
      for (const module of members)
        adapters.set(module, { rank, scale: alpha / rank, group, index: adapters.size });
    }
    if (kind === 'width') for (const block of inBlocks) widths[block] = column;
    if (kind === 'block') for (const block of inBlocks) blocks[block] = column;
    if (kind === 'heads') {
      for (const block of inBlocks) heads[block] = { query: columns, keyValue: column };
      columns++;
    }
  });
  const elasticAtAll =
    elastic.space.groups.length > 0 ||
    [...widths, ...heads].some((at) => at !== null) ||
    [...adapters.values()].some(({ group }) => group !== null);
  return { columns: elasticAtAll ? columns : 0, adapters, widths, heads, blocks, merge };
}

/** The row of `limits` of a sub-network. */
export function limitsOf(elastic: ElasticSpace, genome: Genome): number[] {
  const groups = allGroups(elastic);
  const sizes = [...activeSizes(elastic.space, genome), ...elastic.fixed.map(({ choices }) => choices[0]!)];
  const { heads = 1, kvHeads = 1, headDim = 1 } = elastic.attention ?? {};
  const rows = sizes.map((size, index) => {
    const { kind } = groups[index]!;
    if (kind === 'heads') return size * headDim;
    return kind === 'block' && size > 0 ? everything : size;
  });
  const queries = sizes.filter((_, index) => groups[index]!.kind === 'heads');
  return [...rows, ...queries.map((size) => (size * headDim * heads) / kvHeads)];
}

const allGroups = ({ space, fixed }: ElasticSpace): readonly Group[] => [...space.groups, ...fixed];
