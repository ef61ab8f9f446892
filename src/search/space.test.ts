import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { Random } from '../lib/random.ts';
import {
  activeSizes,
  checkGenome,
  checkSpace,
  genomeKey,
  heuristicGenome,
  maximalGenome,
  minimalGenome,
  randomGenome,
  spaceSizeLog10,
  subNetworkOf,
} from './space.ts';
import { spaceOf } from './toys.testing.ts';

const space = spaceOf(3, 5, 2);

function fault(genome: number[]): unknown {
  try {
    checkGenome(space, genome);
  } catch (error) {
    return error;
  }
  return null;
}

describe('genomes', () => {
  it('maximal, heuristic (floor((n − 1) / 2): 3 → 1, 5 → 2, 2 → 0) and minimal', () => {
    expect(maximalGenome(space)).toEqual([0, 0, 0]);
    expect(heuristicGenome(space)).toEqual([1, 2, 0]);
    expect(minimalGenome(space)).toEqual([2, 4, 1]);
    expect(activeSizes(space, heuristicGenome(space))).toEqual([2, 3, 2]);
  });

  it('random ones reach every choice', () => {
    const random = new Random(1);
    const keys = new Set(Array.from({ length: 500 }, () => genomeKey(randomGenome(space, random))));
    expect(keys.size).toBe(30);
    expect(spaceSizeLog10(space)).toBeCloseTo(Math.log10(30), 12);
  });

  it('errors name the gene and a remedy', () => {
    expect(fault([0, 5, 0])).toMatchObject({
      code: 'genome-gene',
      message: expect.stringContaining('Gene 1 (gene 1) is 5'),
    });
    expect(fault([0, 0])).toMatchObject({
      code: 'genome-length',
      message: expect.stringContaining('2 genes'),
    });
    for (const bad of [Number.NaN, 0.5, -1]) expect(fault([bad, 0, 0])).toBeInstanceOf(PareError);
    expect(fault([2, 4, 1])).toBeNull();
  });
});

describe('spaces', () => {
  it('resolve to ranks and widths by module, fixed groups included', () => {
    const width = { id: 'w', kind: 'width', layer: 0, members: ['gate', 'up'], choices: [16, 8] } as const;
    const rank = { id: 'r', kind: 'rank', layer: 0, members: ['up'], choices: [4, 2] } as const;
    const fixed = { id: 'f', kind: 'rank', layer: 0, members: ['down'], choices: [4] } as const;
    expect(subNetworkOf({ space: { groups: [width, rank] }, fixed: [fixed] }, [1, 0])).toEqual({
      ranks: { up: 4, down: 4 },
      widths: { gate: 8, up: 8 },
      kvGroups: {},
      removed: new Set(),
    });
  });

  it('resolve to KV groups and removed blocks by layer', () => {
    const member = (layer: number, name: string) => `model.layers.${layer}.${name}`;
    const heads = { id: 'h', kind: 'heads', layer: 0, choices: [2, 1] } as const;
    const block = { id: 'b', kind: 'block', layer: 1, choices: [1, 0] } as const;
    const uniform = { ...heads, members: [member(0, 'q'), member(0, 'k'), member(3, 'q')] };
    const groups = [uniform, { ...block, members: [member(1, 'o'), member(1, 'down')] }];
    expect(subNetworkOf({ space: { groups }, fixed: [] }, [1, 0])).toMatchObject({
      kvGroups: { 0: 1, 3: 1 },
      removed: new Set(),
    });
    expect(subNetworkOf({ space: { groups }, fixed: [] }, [0, 1])).toMatchObject({
      kvGroups: { 0: 2, 3: 2 },
      removed: new Set([1]),
    });
  });

  it('must have descending choices and each module once a kind', () => {
    const group = { id: 'a', kind: 'rank', layer: 0, members: ['m'], choices: [4, 2] } as const;
    expect(() => checkSpace({ groups: [{ ...group, choices: [2, 4] }] })).toThrow('descending');
    expect(() => checkSpace({ groups: [{ ...group, choices: [] }] })).toThrow('no choices');
    expect(() => checkSpace({ groups: [{ ...group, choices: [1, 0] }] })).toThrow('positive');
    expect(() => checkSpace({ groups: [{ ...group, kind: 'block', choices: [1, 0] }] })).not.toThrow();
    expect(() => checkSpace({ groups: [group, { ...group, id: 'b' }] })).toThrow('twice');
    expect(() => checkSpace({ groups: [group, { ...group, id: 'b', kind: 'width' }] })).not.toThrow();
  });
});
