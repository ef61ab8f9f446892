import { describe, expect, it } from 'vitest';
import { viewOf } from '../reduce.ts';
import { logFixture } from '../session.testing.ts';
import { lastGeneration, sceneAt } from './growth.ts';

const log = logFixture({ evaluations: 48 });
const view = viewOf(log);

describe('the front by generation', () => {
  it('is what the page showed when that generation was scored', () => {
    for (let generation = 0; generation <= lastGeneration(view); generation++) {
      const until = log.findLastIndex(
        (event) => event.type === 'evaluated' && event.generation === generation,
      );
      const then = viewOf(log.slice(0, until + 1));
      expect(sceneAt(view, generation)).toEqual({ points: then.points, front: then.front });
    }
  });

  it('ends at the front of all', () => {
    expect(lastGeneration(view)).toBe(5);
    expect(sceneAt(view, 5).front).toEqual(view.front);
    expect(sceneAt(view, 0).front.length).toBeLessThan(view.points.length);
  });

  it('leaves what breaks the constraint off the front', () => {
    const bound = viewOf(logFixture({ evaluations: 24, least: 0.6 }));
    const { front } = sceneAt(bound, 1);
    expect(front.every(({ violation }) => violation === 0)).toBe(true);
    expect(sceneAt(bound, lastGeneration(bound)).front).toEqual(bound.front);
  });
});
