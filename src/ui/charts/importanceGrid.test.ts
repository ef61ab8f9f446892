import { describe, expect, it } from 'vitest';
import type { GroupImportance } from '../../search/importance.ts';
import { viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import type { Group } from '../../session/view.ts';
import { cellText, importanceGrid, importanceOf, pointsText } from './importanceGrid.ts';

const group = (id: string, kind: Group['kind'], layer: number, members: string[]): Group => ({
  id,
  kind,
  layer,
  members: members.map((name) => `model.layers.${layer}.mlp.${name}_proj`),
  choices: kind === 'block' ? [1, 0] : [8, 4],
});
const groups = [
  group('0.qkv', 'rank', 0, ['q', 'k', 'v']),
  group('1.qkv', 'rank', 1, ['q', 'k', 'v']),
  group('0.ffn', 'width', 0, ['gate', 'up']),
  group('1.block', 'block', 1, ['o', 'down']),
];
const worth = (index: number, score: number, error: number): GroupImportance => {
  const { id, kind, layer } = groups[index]!;
  return { id, kind, layer, score, error, macs: 100 };
};
const importance = [worth(0, 0.04, 0.01), worth(1, -0.02, 0.001), worth(2, 0.5, 0.4), worth(3, 0.01, 0.001)];

describe('the heat map of genes', () => {
  const grid = importanceGrid(groups, importance);

  it('has a row a layer and a column a kind', () => {
    expect(grid.genes).toEqual(['rank q+k+v', 'width', 'block']);
    expect(grid.rows.map(({ layer }) => layer)).toEqual([0, 1]);
    expect(grid.rows[0]?.cells[2]).toBeNull();
  });

  it('is coloured by the largest that is no noise', () => {
    const strengths = grid.rows.map(({ cells }) => cells.map((cell) => cell?.strength ?? null));
    expect(strengths).toEqual([
      [1, 0, null],
      [-0.5, null, 0.25],
    ]);
    expect(grid.rows[0]?.cells[1]?.noise).toBe(true);
  });

  it('says each cell in words', () => {
    expect(cellText(grid.rows[0]!.cells[1]!)).toBe('Layer 0, width: +50.0 ± 80.0 points, may be noise');
    expect(pointsText(-0.0005)).toBe('−0.05');
  });
});

describe('importance of a session', () => {
  const log = logFixture();
  const isPoint = log.map((event, index) => (event.type === 'evaluated' ? index : -1)).filter((i) => i >= 0);

  it('waits for enough points, and is not computed again for each one', () => {
    expect(importanceOf(viewOf(log.slice(0, isPoint[5])))).toBeNull();
    const live = (points: number) => importanceOf(viewOf(log.slice(0, isPoint[points])));
    expect(live(40)).toHaveLength(12);
    const view = viewOf(log.slice(0, isPoint[40]));
    const more = { ...view, points: [...view.points, view.points[39]!] };
    expect(importanceOf(view)).toBe(importanceOf(more));
  });

  it('takes every point in the end', () => {
    const view = viewOf(log);
    const less = { ...view, points: view.points.slice(0, -1) };
    expect(importanceOf(less)).not.toBe(importanceOf(view));
  });
});
