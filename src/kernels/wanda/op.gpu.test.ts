import { describe, expect, it } from 'vitest';
import type { DType } from '../../graph/tensor.ts';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { columnSquares, prune, type PruneAttributes } from './op.ts';

describe('column squares', () => {
  it.each([
    { label: 'padding counts nowhere', columns: 37, lengths: [3, 5, 0] },
    { label: 'no padding', columns: 64, lengths: [5, 5, 5] },
    { label: 'one column', columns: 1, lengths: [1, 0, 4] },
  ])('$label; sums grow from run to run', async ({ columns, lengths }) => {
    const scene = new Scene();
    const sums = scene.values('sums', [columns], (i) => i);
    const x = scene.normal('x', [15, columns]);
    const real = scene.integers('lengths', [3], (i) => lengths[i]!);
    scene.output(scene.graph.apply(columnSquares, [sums, x, real], { rowsPerSequence: 5 })[0]!);
    await expectGpuEqualsCpu(scene, 15, 2);
  });
});

interface Case {
  label: string;
  shape: [rows: number, columns: number];
  rule: PruneAttributes['rule'];
  dtype?: DType;
  pick?: (index: number) => number;
  magnitude?: boolean;
}

const cases: Case[] = [
  { label: 'half of each row', shape: [70, 90], rule: { count: 45 } },
  { label: 'magnitude, f16', shape: [5, 33], rule: { count: 10 }, dtype: 'f16', magnitude: true },
  { label: 'bf16, where many weights are equal', shape: [9, 65], rule: { count: 30 }, dtype: 'bf16' },
  { label: 'none', shape: [3, 32], rule: { count: 0 } },
  { label: 'all', shape: [3, 45], rule: { count: 45 } },
  {
    label: 'equal rows: the lowest columns fall',
    shape: [3, 40],
    rule: { count: 35 },
    pick: () => -2,
    magnitude: true,
  },
  { label: 'zeros of both signs', shape: [3, 40], rule: { count: 13 }, pick: (i) => (i % 2 ? 0 : -0) },
  {
    label: 'a few values, many ties',
    shape: [8, 50],
    rule: { count: 20 },
    pick: (i) => ((i * 7) % 5) - 2,
    magnitude: true,
  },
  { label: '2:4', shape: [70, 64], rule: { n: 2, m: 4 } },
  { label: '4:8, f16, a short last group', shape: [5, 45], rule: { n: 4, m: 8 }, dtype: 'f16' },
  { label: '2:4, a last group of two loses both', shape: [4, 90], rule: { n: 2, m: 4 } },
  { label: '2:4, a last group of one', shape: [4, 33], rule: { n: 2, m: 4 }, dtype: 'bf16' },
  { label: '2:4, equal rows', shape: [3, 40], rule: { n: 2, m: 4 }, pick: () => 1, magnitude: true },
  { label: '2:4, zeros', shape: [3, 36], rule: { n: 2, m: 4 }, pick: () => 0 },
  { label: '0:4', shape: [3, 36], rule: { n: 0, m: 4 } },
];

describe('prune', () => {
  it.each(cases)('$label', async ({ shape, rule, dtype = 'f32', pick, magnitude }) => {
    const scene = new Scene();
    const [rows, columns] = shape;
    const mask = scene.values('mask', [rows, Math.ceil(columns / 32)], () => 123, { dtype: 'u32' });
    const w = scene.values('w', shape, pick ?? (() => scene.random.normal()), { dtype });
    const sums = magnitude ? null : scene.values('sums', [columns], () => scene.random.normal() ** 2);
    scene.output(scene.graph.apply(prune, [mask, w, sums], { rule, inverseCount: 1 / 3 })[0]!);
    const [found] = await expectGpuEqualsCpu(scene, 0);
    const ones = [...found!].reduce((sum, word) => sum + bitCount(word), 0);
    expect(ones).toBe(rows * (columns - pruned(columns, rule)));
  });

  it('in equal rows the lowest columns fall', async () => {
    const scene = new Scene();
    const mask = scene.values('mask', [1, 2], () => 0, { dtype: 'u32' });
    const w = scene.values('w', [1, 40], () => 3);
    scene.output(scene.graph.apply(prune, [mask, w, null], { rule: { count: 35 }, inverseCount: 1 })[0]!);
    expect([...(await expectGpuEqualsCpu(scene, 0))[0]!]).toEqual([0, 0b11111000]);
  });
});

const bitCount = (word: number) => word.toString(2).replaceAll('0', '').length;

function pruned(columns: number, rule: PruneAttributes['rule']): number {
  if ('count' in rule) return rule.count;
  return Math.floor(columns / rule.m) * rule.n + Math.min(rule.n, columns % rule.m);
}
