import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasShared, readSharedJson } from '../lib/golden.testing.ts';
import { Random } from '../lib/random.ts';
import { buildSpace } from '../search/presets.ts';
import type { ModelStructure } from '../models/structure.ts';
import { type ElasticSpace, randomGenome, subNetworkOf } from '../search/space.ts';
import { llamaStructure } from '../search/toys.testing.ts';
import { attentionMacs, costOf, denseModel, teraMacs } from './cost.ts';

interface Golden {
  models: {
    model: string;
    architecture: Record<'hidden_size' | 'intermediate_size' | 'num_hidden_layers' | 'vocab_size', number>;
    dense_model_macs_without_lora: number;
    dense_model_params: number;
    positions: number;
    subnets: {
      name: string;
      tokens: number;
      gene: number[];
      macs: number;
      tmacs: number;
      params_linear_incl_lora_lm_head: number;
      params_lora: number;
      params_whole_model: number;
    }[];
  }[];
}

const file = 'golden-methods/cost.json';
const small = llamaStructure({ layers: 3, hidden: 64, intermediate: 172, vocabulary: 512, keys: 32 });
const attention = { heads: 8, kvHeads: 4, headDim: 8 };
const grouped = llamaStructure({ layers: 3, hidden: 64, intermediate: 172, vocabulary: 512, attention });

/** Spaces of all presets, with heads and blocks where the model has them, with one gene for all blocks too. */
function spaces(): [ModelStructure, ElasticSpace][] {
  const tied = { ...grouped, tiedHead: true };
  const plain = (['lonas', 'shears', 'sqft'] as const).flatMap((preset) =>
    (['published', 'pare'] as const).map((variant): [ModelStructure, ElasticSpace] => {
      return [small, buildSpace(small, { preset, variant, rank: 8 })];
    }),
  );
  const plus = [false, true].flatMap((uniform) =>
    [grouped, tied].map((structure): [ModelStructure, ElasticSpace] => {
      const options = { preset: 'lonas-plus', variant: 'pare', rank: 8, uniform } as const;
      return [structure, buildSpace(structure, { ...options, headFractions: [1, 0.75, 0.5] })];
    }),
  );
  return [...plain, ...plus];
}

describe.skipIf(!hasShared(file))('against NNCF', () => {
  const models = hasShared(file) ? readSharedJson<Golden>(file).models : [];

  it.each(models)('$model, all sub-networks, to the integer', (golden) => {
    const a = golden.architecture;
    const size = { layers: a.num_hidden_layers, hidden: a.hidden_size, intermediate: a.intermediate_size };
    const structure = llamaStructure({ ...size, vocabulary: a.vocab_size });
    const elastic = buildSpace(structure, { preset: 'lonas', variant: 'published', rank: 32 });
    const dense = costOf(structure, denseModel);
    expect(dense.macsPerToken * golden.positions).toBe(golden.dense_model_macs_without_lora);
    expect(dense.wholeModelParameters).toBe(golden.dense_model_params);
    expect(golden.subnets.length).toBeGreaterThan(0);
    for (const subnet of golden.subnets) {
      const cost = costOf(structure, subNetworkOf(elastic, subnet.gene));
      expect(cost.macsPerToken * subnet.tokens).toBe(subnet.macs);
      expect(teraMacs(cost.macsPerToken, subnet.tokens)).toBeCloseTo(subnet.tmacs, 12);
      expect(cost.parameters).toBe(subnet.params_linear_incl_lora_lm_head);
      expect(cost.adapterParameters).toBe(subnet.params_lora);
      expect(cost.wholeModelParameters).toBe(subnet.params_whole_model);
    }
  });
});

describe('cost', () => {
  it('of merged adapters is nothing', () => {
    const elastic = buildSpace(small, { preset: 'shears', variant: 'pare', rank: 8 });
    const subNetwork = subNetworkOf(
      elastic,
      elastic.space.groups.map(() => 1),
    );
    const merged = costOf(small, subNetwork, { merged: true });
    expect(merged).toEqual(costOf(small, denseModel));
    expect(costOf(small, subNetwork).macsPerToken).toBeGreaterThan(merged.macsPerToken);
  });

  it('counts a tied head once in the whole model, and biases by their active rows', () => {
    const tied = costOf({ ...small, tiedHead: true }, denseModel);
    const untied = costOf(small, denseModel);
    expect(untied.wholeModelParameters - tied.wholeModelParameters).toBe(512 * 64);
    expect(tied.parameters).toBe(untied.parameters);
    const biased = { ...small, modules: small.modules.map((m) => ({ ...m, bias: m.role === 'up' })) };
    const name = 'model.layers.0.mlp.up_proj';
    const half = { ranks: {}, widths: { [name]: 86 } };
    const rows = costOf(biased, half).wholeModelParameters - costOf(small, half).wholeModelParameters;
    expect(rows).toBe(86 + 172 + 172);
  });

  it('attention products: each of T positions sees those up to itself', () => {
    const oneByOne = [1, 2, 3, 4].reduce((sum, seen) => sum + 3 * 2 * 64 * seen, 0);
    expect(attentionMacs(small, 4)).toBe(oneByOne);
  });

  it('of a block with half of its KV groups: half of q, k, v and o, and of their biases', () => {
    const name = (role: string) => grouped.modules.find((m) => m.layer === 1 && m.role === role)!.name;
    const ranks = { [name('q')]: 4, [name('o')]: 4 };
    const biased = { ...grouped, modules: grouped.modules.map((m) => ({ ...m, bias: m.role === 'k' })) };
    const [full, half] = [4, 2].map((kept) => costOf(biased, { ranks, widths: {}, kvGroups: { 1: kept } }));
    // q [64, 64], k and v [32, 64], o [64, 64]; adapters of rank 4 on [64, 64] lose 32 rows, or columns.
    const weights = 32 * 64 + 2 * (16 * 64) + 64 * 32;
    expect(full!.macsPerToken - half!.macsPerToken).toBe(weights + 2 * 4 * 32);
    expect(full!.wholeModelParameters - half!.wholeModelParameters).toBe(weights + 2 * 4 * 32 + 16);
  });

  it('of a removed block is nothing: its modules, adapters and both norms', () => {
    const inBlock = grouped.modules.filter((m) => m.layer === 1 && m.role !== 'head');
    const ranks = Object.fromEntries(grouped.modules.map((m) => [m.name, 4]));
    const [all, less] = [new Set<number>(), new Set([1])].map((removed) =>
      costOf(grouped, { ranks, widths: {}, removed }),
    );
    const gone = inBlock.reduce((sum, { shape: [rows, columns] }) => {
      return sum + rows * columns + 4 * (rows + columns);
    }, 0);
    expect(all!.macsPerToken - less!.macsPerToken).toBe(gone);
    expect(all!.wholeModelParameters - less!.wholeModelParameters).toBe(gone + 2 * 64);
  });

  it('is whole for any number of KV groups', () => {
    const ten = { heads: 30, kvHeads: 10, headDim: 24 };
    const size = { layers: 1, hidden: 64, intermediate: 88, vocabulary: 64 };
    const structure = llamaStructure({ ...size, attention: ten });
    for (let kept = 1; kept <= 10; kept++) {
      const { macsPerToken } = costOf(structure, { ranks: {}, widths: {}, kvGroups: { 0: kept } });
      expect(Number.isInteger(macsPerToken)).toBe(true);
    }
  });

  it('never rises when a gene moves to a smaller choice, of whichever kind', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...spaces()), fc.nat(), fc.nat(), ([structure, elastic], seed, pick) => {
        const genome = randomGenome(elastic.space, new Random(seed));
        const i = pick % genome.length;
        const group = elastic.space.groups[i]!;
        const smaller = genome.with(i, Math.min((genome[i] as number) + 1, group.choices.length - 1));
        const [before, after] = [genome, smaller].map((each) =>
          costOf(structure, subNetworkOf(elastic, each)),
        );
        const moved = smaller[i] !== genome[i];
        if (moved) seen.add(group.kind);
        const { removed } = subNetworkOf(elastic, genome);
        // What is cut in a block that is gone anyway costs nothing.
        if (group.kind === 'block' || !removed?.has(group.layer))
          expect(after!.macsPerToken < before!.macsPerToken).toBe(moved);
        expect(after!.macsPerToken).toBeLessThanOrEqual(before!.macsPerToken);
        expect(after!.wholeModelParameters).toBeLessThanOrEqual(before!.wholeModelParameters);
      }),
      { numRuns: 300 },
    );
    expect([...seen].toSorted()).toEqual(['block', 'heads', 'rank', 'width']);
  });

  it('of a genome that is nowhere larger is never more', () => {
    fc.assert(
      fc.property(fc.constantFrom(...spaces()), fc.nat(), ([structure, elastic], seed) => {
        const random = new Random(seed);
        const larger = randomGenome(elastic.space, random);
        const smaller = larger.map((gene, i) => {
          return gene + random.integer(elastic.space.groups[i]!.choices.length - gene);
        });
        const [a, b] = [larger, smaller].map((each) => costOf(structure, subNetworkOf(elastic, each)));
        expect(b!.macsPerToken).toBeLessThanOrEqual(a!.macsPerToken);
        expect(b!.parameters).toBeLessThanOrEqual(a!.parameters);
        expect(b!.wholeModelParameters).toBeLessThanOrEqual(a!.wholeModelParameters);
        expect(b!.wholeModelParameters).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
