import { describe, expect, it } from 'vitest';
import { viewOf } from '../../session/reduce.ts';
import { logFixture, recipeFixture } from '../../session/session.testing.ts';
import type { Group } from '../../session/view.ts';
import { choiceText, cutText } from './geneText.ts';
import { crowdMarks, crowdPath, markOf, markPath } from '../../session/plot/marks.ts';
import { pointText } from './pointText.ts';

const groups: Group[] = [
  { id: '0.heads', kind: 'heads', layer: 0, members: [], choices: [4, 3, 2] },
  { id: '1.heads', kind: 'heads', layer: 1, members: [], choices: [4, 3, 2] },
  { id: '1.block', kind: 'block', layer: 1, members: [], choices: [1, 0] },
];

describe('a sub-network in words', () => {
  it('tells of blocks and heads that are gone', () => {
    expect(cutText(groups, [0, 0, 0])).toEqual([]);
    expect(cutText(groups, [2, 1, 1])).toEqual(['1 block removed', '5 of 8 KV groups']);
    expect([choiceText('block', 0), choiceText('block', 1), choiceText('width', 88)]).toEqual([
      'removed',
      'kept',
      '88',
    ]);
  });

  it('tells the third objective, and what is infeasible', () => {
    const view = viewOf(logFixture());
    const point = { ...view.points.find(({ tag }) => tag === 'minimal')!, third: 1_234_567, violation: 0.1 };
    const recipe = { ...recipeFixture, search: { ...recipeFixture.search!, third: 'parameters' as const } };
    expect(pointText(point, { ...view, recipe })).toMatch(/1\.23 M parameters · minimal · infeasible$/);
    expect(pointText({ ...point, tag: null, violation: 0, third: null }, view)).toMatch(
      /(dominated|on the front)$/,
    );
  });
});

describe('marks', () => {
  it('tell the infeasible apart, whatever else they would be', () => {
    const point = { tag: null, dominated: true, violation: 0, unfinished: null };
    const unfinished = { seen: 8, of: 80 };
    expect(markOf({ ...point, unfinished })).toBe('unfinished');
    expect(markOf({ ...point, unfinished, violation: 0.1 })).toBe('infeasible');
    expect(markOf({ ...point, violation: 0.1 })).toBe('infeasible');
    expect(markOf(point)).toBe('dominated');
    expect(markOf({ ...point, tag: 'minimal', violation: 0.1 })).toBe('minimal');
  });

  it('of the crowd are the same wherever they stand', () => {
    for (const mark of crowdMarks) {
      const rest = (path: string) => path.replace(/^M\S+ [\d.-]+/, '');
      expect(rest(crowdPath(mark, 10, 20))).toBe(rest(markPath(mark)));
    }
  });
});
