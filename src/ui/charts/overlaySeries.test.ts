import { describe, expect, it } from 'vitest';
import { viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { isSame, overlayAxes, seriesOf, stopsOf, stopText } from './overlaySeries.ts';

const session = (id: string, seed: number) => ({ id, name: `Run ${id}`, view: viewOf(logFixture({ seed })) });

describe('fronts over each other', () => {
  it('gives every session a look of its own', () => {
    const many = seriesOf(Array.from({ length: 42 }, (_, index) => session(String(index), 1)));
    expect(new Set(many.map(({ hue, shape }) => `${hue} ${shape}`)).size).toBe(42);
  });

  it('goes through all fronts by ascending MACs', () => {
    const series = seriesOf([session('a', 1), session('b', 2)]);
    const stops = stopsOf(series);
    for (const { view } of series)
      for (const point of view.front) expect(stops.map((stop) => stop.point)).toContain(point);
    const macs = stops.map(({ point }) => point.macs);
    expect(macs).toEqual(macs.toSorted((a, b) => a - b));
    expect(isSame(stops[0]!, stopsOf(seriesOf([session('a', 1), session('b', 2)]))[0]!)).toBe(true);
    expect(isSame(stops[0]!, stops[1]!)).toBe(false);
  });

  it('says what a point is, and whether it was chosen', () => {
    const [series] = seriesOf([session('a', 1)]);
    const { chosen, points } = series!.view;
    expect(points[chosen!.index!]?.dominated).toBe(true);
    const stop = stopsOf([series!]).find(({ point }) => point.index === chosen!.index);
    expect(stopText(stop!)).toMatch(/^Run a: [\d.]+ % at [\d.]+ K MACs · \d+ % of the maximum · chosen$/);
  });

  it('shows every point of every front, and has axes where there is none', () => {
    const stops = stopsOf(seriesOf([session('a', 1), session('b', 2)]));
    const { x, y } = overlayAxes(stops, 'accuracy', true);
    for (const { point } of stops) {
      expect(point.macs).toBeGreaterThan(x.domain[0]);
      expect(point.macs).toBeLessThan(x.domain[1]);
      expect(point.score).toBeGreaterThanOrEqual(y.domain[0]);
      expect(point.score).toBeLessThanOrEqual(y.domain[1]);
    }
    expect(overlayAxes([], 'accuracy', false).x.domain.every(Number.isFinite)).toBe(true);
    expect(overlayAxes([], 'perplexity', false).y.domain.every(Number.isFinite)).toBe(true);
  });
});
