import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasShared, readSharedJson } from '../lib/golden.testing.ts';
import { buildSpace, presetTargets, rankChoices, widthChoices } from './presets.ts';
import { type ElasticSpace, heuristicGenome, spaceSizeLog10 } from './space.ts';
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
    const options = { preset: 'lonas', variant: 'pare', rank: 8, uniform: true } as const;
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

  it('has no group for a width that is neither chosen nor cut, and a fixed one for a width that is cut', () => {
    const ranks = { preset: 'lonas', variant: 'pare', rank: 8, rankFractions: [1] } as const;
    const full = buildSpace(small, { ...ranks, widthFractions: [1] });
    expect([...full.space.groups, ...full.fixed].filter((g) => g.kind === 'width')).toEqual([]);
    const cut = buildSpace(small, { ...ranks, widthFractions: [0.5] });
    expect(cut.fixed.filter((g) => g.kind === 'width').map((g) => g.choices)).toEqual([[88], [88]]);
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

describe('LoNAS+ and elastic heads', () => {
  const attention = { heads: 8, kvHeads: 4, headDim: 8 };
  const grouped = llamaStructure({ layers: 3, hidden: 64, intermediate: 176, vocabulary: 512, attention });
  const options = { preset: 'lonas-plus', variant: 'pare', rank: 8 } as const;
  const kinds = (elastic: ElasticSpace) => elastic.space.groups.map((g) => [g.kind, g.layer]);

  it('cut whole KV groups, one gene a block, only where they are asked for', () => {
    const { space, attention: shape } = buildSpace(grouped, { ...options, headFractions: [1, 0.75, 0.5] });
    const heads = space.groups.filter((g) => g.kind === 'heads');
    expect(heads.map((g) => [g.id, g.choices])).toEqual([
      ['0.attention.heads', [4, 3, 2]],
      ['1.attention.heads', [4, 3, 2]],
      ['2.attention.heads', [4, 3, 2]],
    ]);
    expect(heads[1]?.members.map((m) => m.split('.').at(-1))).toEqual(['q_proj', 'k_proj', 'v_proj']);
    expect(shape).toEqual(attention);
    expect(kinds(buildSpace(grouped, options)).some(([kind]) => kind === 'heads')).toBe(false);
    expect(kinds(buildSpace(small, { ...options, headFractions: [1, 0.5] }))).not.toContainEqual([
      'heads',
      0,
    ]);
    const shears = { ...options, preset: 'shears', headFractions: [1, 0.5] } as const;
    expect(kinds(buildSpace(grouped, shears)).every(([kind]) => kind === 'rank')).toBe(true);
  });

  it('let every block go but the first', () => {
    const { space } = buildSpace(grouped, options);
    const removable = space.groups.filter((g) => g.kind === 'block');
    expect(removable.map((g) => [g.layer, g.choices])).toEqual([
      [1, [1, 0]],
      [2, [1, 0]],
    ]);
    expect(removable[0]?.members).toEqual([
      'model.layers.1.self_attn.o_proj',
      'model.layers.1.mlp.down_proj',
    ]);
  });

  it('share one gene between all blocks where they are uniform, for widths and heads', () => {
    const { space } = buildSpace(grouped, { ...options, headFractions: [1, 0.5], uniform: true });
    const shared = space.groups.filter((g) => g.kind === 'heads' || g.kind === 'width');
    expect(shared.map((g) => [g.id, g.layer, g.members.length])).toEqual([
      ['all.attention.heads', 0, 9],
      ['all.ffn.width', 0, 6],
    ]);
    expect(space.groups.filter((g) => g.kind === 'block')).toHaveLength(2);
  });

  it('adapt embedding and head at the full rank; a tied pair is one', () => {
    const outer = (tied: boolean) =>
      buildSpace(
        llamaStructure({ layers: 2, hidden: 64, intermediate: 176, vocabulary: 512, attention, tied }),
        options,
      )
        .fixed.map((g) => [g.members[0], g.choices[0]])
        .filter(([name]) => !String(name).startsWith('model.layers'));
    expect(outer(false)).toEqual([
      ['lm_head', 8],
      ['model.embed_tokens', 8],
    ]);
    expect(outer(true)).toEqual([['lm_head', 8]]);
  });

  it('give one KV head nothing to choose', () => {
    const single = { ...attention, kvHeads: 1 };
    const structure = llamaStructure({
      layers: 2,
      hidden: 64,
      intermediate: 176,
      vocabulary: 512,
      attention: single,
    });
    const elastic = buildSpace(structure, { ...options, headFractions: [1, 0.5] });
    expect([...elastic.space.groups, ...elastic.fixed].some((g) => g.kind === 'heads')).toBe(false);
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
