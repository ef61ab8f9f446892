import { describe, expect, it } from 'vitest';
import { viewOf } from '../reduce.ts';
import { logFixture } from '../session.testing.ts';
import type { SessionView } from '../view.ts';
import { scoresInSight } from './inSight.ts';

const finished = viewOf(logFixture());
/** The fixture with its untuned points at one score and all others from 92 % to 98 %. */
function scored(untuned: number): SessionView {
  const points = finished.points.map((point, index) => ({
    ...point,
    score: point.tag?.startsWith('untuned') ? untuned : 0.92 + 0.06 * (index / finished.points.length),
  }));
  return { ...finished, points, heuristicScore: 0.95 };
}

describe('what the chart shows', () => {
  it('leaves models far below out of its scale, and keeps near ones in', () => {
    expect(Math.min(...scoresInSight(scored(0.27)))).toBeGreaterThan(0.9);
    expect(Math.min(...scoresInSight(scored(0.88)))).toBe(0.88);
  });

  it('holds untuned models above everything else, which nothing would mark at the lower edge', () => {
    const view = scored(0.01);
    const points = view.points.map((point) => ({
      ...point,
      score: point.tag?.startsWith('untuned') ? 0.9 : point.score - 0.9,
    }));
    expect(Math.max(...scoresInSight({ ...view, points, heuristicScore: 0.05 }))).toBe(0.9);
  });

  it('shows them while there is nothing else', () => {
    const before = viewOf(logFixture().slice(0, 9));
    expect(scoresInSight({ ...before, points: scored(0.27).points.slice(0, 1) })).toEqual([0.27]);
  });

  it('always holds every sub-network, plain LoRA and the heuristic', () => {
    const view = scored(0.01);
    const lora = view.points.find(({ tag }) => tag === 'lora');
    expect(scoresInSight(view)).toEqual(expect.arrayContaining([0.95, lora?.score ?? 0.95]));
  });
});
