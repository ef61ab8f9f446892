import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasShared, readSharedJson } from '../lib/golden.testing.ts';
import { Random } from '../lib/random.ts';
import { buildSpace } from '../search/presets.ts';
import { randomGenome, subNetworkOf } from '../search/space.ts';
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

  it('never rises when a gene moves to a smaller choice', () => {
    const spaces = (['lonas', 'shears', 'sqft'] as const).flatMap((preset) =>
      (['published', 'pare'] as const).map((variant) => buildSpace(small, { preset, variant, rank: 8 })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...spaces), fc.nat(), fc.nat(), (elastic, seed, pick) => {
        const genome = randomGenome(elastic.space, new Random(seed));
        const i = pick % genome.length;
        const choices = elastic.space.groups[i]?.choices.length as number;
        const smaller = genome.with(i, Math.min((genome[i] as number) + 1, choices - 1));
        const before = costOf(small, subNetworkOf(elastic, genome));
        const after = costOf(small, subNetworkOf(elastic, smaller));
        const moved = smaller[i] !== genome[i];
        expect(after.macsPerToken < before.macsPerToken).toBe(moved);
        expect(after.wholeModelParameters <= before.wholeModelParameters).toBe(true);
      }),
    );
  });
});
