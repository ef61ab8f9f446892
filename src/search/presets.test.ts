import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasShared, readSharedJson } from '../lib/golden.testing.ts';
import { buildSpace, presetTargets, rankChoices, widthChoices } from './presets.ts';
import { heuristicGenome, spaceSizeLog10 } from './space.ts';
import { llamaStructure } from './toys.testing.ts';

const small = llamaStructure({ layers: 2, hidden: 64, intermediate: 172, vocabulary: 512 });
const llama7b = llamaStructure({ layers: 32, hidden: 4096, intermediate: 11008, vocabulary: 32000 });

interface CostGolden {
  models: {
    search_space_size_log10: number;
    groups: { layer: number; space: number[]; members: string[] | string }[];
  }[];
}

describe('published spaces', () => {
  it.skipIf(!hasShared('golden-methods/cost.json'))(
    'LoNAS on LLaMA-7B is the NNCF configuration, gene by gene',
    () => {
      const golden = readSharedJson<CostGolden>('golden-methods/cost.json').models[0];
      const { space, fixed } = buildSpace(llama7b, { preset: 'lonas', variant: 'published', rank: 32 });
      expect(space.groups.map(({ layer, choices }) => ({ layer, space: choices }))).toEqual(
        golden?.groups.map((g) => ({ layer: g.layer, space: g.space })),
      );
      space.groups.forEach((group, i) => {
        const members = golden?.groups[i]?.members;
        if (typeof members === 'string' || !members) return;
        expect(group.members).toEqual(
          members.filter((m) => !m.endsWith('_B')).map((m) => m.replace('.lora_A', '')),
        );
      });
      expect(spaceSizeLog10(space)).toBeCloseTo(golden?.search_space_size_log10 as number, 9);
      expect(fixed.map((g) => [g.members.length, g.choices])).toEqual(
        Array.from({ length: 32 }, () => [1, [32]]),
      );
    },
  );

  it('Shears and SQFT', () => {
    const shears = buildSpace(small, { preset: 'shears', variant: 'published', rank: 32 });
    expect(shears.space.groups).toHaveLength(6);
    expect(shears.fixed).toEqual([]);
    for (const group of shears.space.groups) expect(group.choices).toEqual([32, 24, 16]);
    const sqft = buildSpace(small, { preset: 'sqft', variant: 'published', rank: 32 });
    expect(sqft.space.groups.map((g) => g.members.length)).toEqual([3, 3]);
    expect(sqft.fixed.map((g) => [g.members.length, ...g.choices])).toEqual([
      [2, 32],
      [2, 32],
    ]);
    expect(heuristicGenome(sqft.space)).toEqual([1, 1]);
    expect(presetTargets('lonas')).toEqual(['q', 'k', 'v', 'gate', 'up', 'down']);
  });
});

describe("Pare's variants", () => {
  it('round widths to the full width’s own multiple, and give LoNAS three ranks', () => {
    const { space } = buildSpace(small, { preset: 'lonas', variant: 'pare', rank: 8 });
    expect(space.groups.map((g) => g.choices)).toEqual([
      ...[1, 2].map(() => [8, 6, 4]),
      ...[1, 2].map(() => [172, 152, 128, 108, 88]),
      ...[1, 2].map(() => [8, 6, 4]),
    ]);
  });

  it('can share one width between all blocks, and take fractions and targets', () => {
    const options = { preset: 'lonas', variant: 'pare', rank: 8, uniformWidth: true } as const;
    const { space, fixed } = buildSpace(small, { ...options, targets: ['q', 'o'], rankFractions: [1, 0.25] });
    expect(space.groups.map((g) => [g.id, g.choices.length, g.members.length])).toEqual([
      ['0.q.rank', 2, 1],
      ['1.q.rank', 2, 1],
      ['all.ffn.width', 5, 4],
      ['0.o.rank', 2, 1],
      ['1.o.rank', 2, 1],
    ]);
    expect(fixed).toEqual([]);
  });

  it('makes a fixed group of whatever leaves no choice', () => {
    const { space, fixed } = buildSpace(small, { preset: 'shears', variant: 'published', rank: 1 });
    expect(space.groups).toEqual([]);
    expect(fixed).toHaveLength(6);
    expect(() => buildSpace(small, { preset: 'shears', variant: 'pare', rank: 0 })).toThrow('rank');
  });

  it('works where a block has no gate', () => {
    const plain = { ...small, modules: small.modules.filter((m) => m.role !== 'gate') };
    const { space } = buildSpace(plain, { preset: 'lonas', variant: 'published', rank: 8 });
    expect(space.groups.map((g) => g.members.length)).toEqual([3, 3, 1, 1, 1, 1]);
  });
});

describe('choice lists', () => {
  it('are positive, strictly descending and start at the full size', () => {
    const fractions = [0.5, 1, 0.875, 0.75, 0.625];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (size) => {
        for (const choices of [rankChoices(size, fractions), widthChoices(size, fractions)]) {
          expect(choices[0]).toBe(size);
          choices.forEach((c, i) => expect(c > 0 && (i === 0 || c < (choices[i - 1] as number))).toBe(true));
        }
      }),
    );
    expect(widthChoices(11008, fractions)).toEqual([11008, 9632, 8256, 6880, 5504]);
    expect(widthChoices(7, fractions)).toEqual([7, 6, 5, 4]);
  });
});
