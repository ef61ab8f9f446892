import { describe, expect, it } from 'vitest';
import { viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { comparisonOf } from '../../state/results.ts';
import { groupRows } from './comparedGroups.ts';

const run = (seed: number, steps = 300) => {
  const log = logFixture().map((event) =>
    event.type === 'started'
      ? { ...event, recipe: { ...event.recipe, seed, training: { ...event.recipe.training, steps } } }
      : event,
  );
  return { view: viewOf(log) };
};

describe('runs side by side', () => {
  it('stand under their recipe, the latest first, with all its seeds', () => {
    const groups = groupRows(comparisonOf([run(3, 100), run(2), run(1)]));
    expect(groups.map(({ seeds }) => seeds)).toEqual([[3], [1, 2]]);
    expect(groups[0]?.variant).toContain('training.steps 100');
    expect(groups[1]?.rows.length).toBeGreaterThan(1);
  });

  it('are stood for by the model that they ended in', () => {
    const [group] = groupRows(comparisonOf([run(1)]));
    expect(group?.rows).toContain(group?.outcome);
    expect(group?.outcome.label).toBe('LoNAS best');
  });
});
