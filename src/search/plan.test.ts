import { describe, expect, it } from 'vitest';
import { elasticPlanOf, limitsOf } from './plan.ts';
import { type SpaceOptions, buildSpace } from './presets.ts';
import { maximalGenome, minimalGenome } from './space.ts';
import { llamaStructure } from './toys.testing.ts';

const attention = { heads: 8, kvHeads: 4, headDim: 16 };
const size = { layers: 2, hidden: 64, intermediate: 176, vocabulary: 512 };
const structure = llamaStructure({ ...size, attention });
const options: SpaceOptions = { preset: 'lonas-plus', variant: 'pare', rank: 8 };
const scale = { rank: 8, alpha: 16 };
const everything = 2 ** 30;
const name = (layer: number, role: string) => `model.layers.${layer}.self_attn.${role}_proj`;

/** The kind and id of each column, in order: genes, fixed groups, then heads as q and o see them. */
function columnsOf(elastic: ReturnType<typeof buildSpace>): string[] {
  const groups = [...elastic.space.groups, ...elastic.fixed];
  return [...groups, ...groups.filter((g) => g.kind === 'heads')].map((g) => g.id);
}

describe('limits', () => {
  const elastic = buildSpace(structure, { ...options, headFractions: [1, 0.75, 0.5] });
  const ids = columnsOf(elastic);
  const at = (id: string, genome: readonly number[]) => limitsOf(elastic, genome)[ids.indexOf(id)];

  it('have a column for each gene and fixed group, and another for each group of heads', () => {
    const plan = elasticPlanOf(elastic, 2, scale);
    expect(plan.columns).toBe(ids.length);
    expect(limitsOf(elastic, maximalGenome(elastic.space))).toHaveLength(plan.columns);
    expect(plan.merge).toBe('none');
  });

  it('of heads: k·headDim rows of k and v, and heads/kvHeads times that of q and o', () => {
    const { space } = elastic;
    const plan = elasticPlanOf(elastic, 2, scale);
    const gene = space.groups.findIndex((g) => g.id === '1.attention.heads');
    for (const [choice, kept] of [4, 3, 2].entries()) {
      const limits = limitsOf(elastic, maximalGenome(space).with(gene, choice));
      const { query, keyValue } = plan.heads[1]!;
      expect(limits[keyValue]).toBe(kept * 16);
      expect(limits[query]).toBe(kept * 16 * 2);
      // The other block keeps its own.
      expect(limits[plan.heads[0]!.query]).toBe(8 * 16);
      expect(limits[plan.heads[0]!.keyValue]).toBe(4 * 16);
    }
    expect(plan.heads.map((each) => each?.keyValue)).toEqual([gene - 1, gene]);
  });

  it('of a block: nothing of it, or all', () => {
    const { space } = elastic;
    const { blocks } = elasticPlanOf(elastic, 2, scale);
    expect(blocks[0]).toBeNull();
    expect(limitsOf(elastic, maximalGenome(space))[blocks[1]!]).toBe(everything);
    expect(limitsOf(elastic, minimalGenome(space))[blocks[1]!]).toBe(0);
  });

  it('of ranks and widths are their sizes, fixed ones included', () => {
    const minimal = minimalGenome(elastic.space);
    expect([at('0.q+k+v.rank', minimal), at('1.ffn.width', minimal), at('1.down+o.rank', minimal)]).toEqual([
      4, 88, 8,
    ]);
    const plan = elasticPlanOf(elastic, 2, scale);
    expect(plan.adapters.get(name(0, 'q'))).toMatchObject({ scale: 2, rank: 8, group: 0 });
    expect(plan.adapters.get(name(0, 'o'))?.group).toBeNull();
    expect(new Set([...plan.adapters.values()].map(({ index }) => index)).size).toBe(plan.adapters.size);
  });

  it('of uniform heads and widths: one gene, one column, all blocks', () => {
    const uniform = buildSpace(structure, { ...options, headFractions: [1, 0.5], uniform: true });
    const plan = elasticPlanOf(uniform, 2, scale);
    expect(plan.heads[0]).toEqual(plan.heads[1]);
    expect(plan.widths[0]).toBe(plan.widths[1]);
    const limits = limitsOf(uniform, minimalGenome(uniform.space));
    expect([limits[plan.heads[1]!.keyValue], limits[plan.heads[1]!.query]]).toEqual([32, 64]);
    expect(limits[plan.widths[1]!]).toBe(88);
  });
});

describe('a plan without genes', () => {
  const fixed: SpaceOptions = { ...options, preset: 'lonas', rankFractions: [1], widthFractions: [1] };

  it('has no limits where nothing is cut', () => {
    const plan = elasticPlanOf(buildSpace(structure, fixed), 2, scale);
    expect(plan).toMatchObject({ columns: 0, widths: [null, null], heads: [null, null] });
  });

  it('has them where a width or heads are cut once and for all', () => {
    const widths = buildSpace(structure, { ...fixed, widthFractions: [0.5] });
    expect(widths.space.groups).toEqual([]);
    const plan = elasticPlanOf(widths, 2, scale);
    expect(limitsOf(widths, [])[plan.widths[1]!]).toBe(88);
    expect(plan.columns).toBe(limitsOf(widths, []).length);
    const heads = buildSpace(structure, { ...fixed, headFractions: [0.5] });
    const cut = elasticPlanOf(heads, 2, scale);
    expect(limitsOf(heads, [])[cut.heads[0]!.query]).toBe(4 * 16);
    expect(cut.columns).toBe(limitsOf(heads, []).length);
  });
});
