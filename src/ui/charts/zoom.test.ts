import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, including, moved, scaled, within } from './zoom.ts';
import type { Extent } from './zoom.ts';

const full: Extent = { x: [100, 300], y: [0, 1] };

describe('zooming', () => {
  it('keeps the place under the pointer where it is', () => {
    const near = scaled(full, full, 0.5, { x: 0.25, y: 1 });
    expect(near).toEqual({ x: [125, 225], y: [0.5, 1] });
    // 150 was, and is, a quarter from the left.
    expect((150 - near!.x[0]) / (near!.x[1] - near!.x[0])).toBe(0.25);
  });

  it('ends at the whole, and says so', () => {
    const near = scaled(full, full, 0.5);
    expect(scaled(near!, full, 2)).toBeNull();
    expect(scaled(near!, full, 10)).toBeNull();
  });

  it('takes what a rectangle holds, whichever way it was dragged', () => {
    const held = { x: [150, 200], y: [0.25, 0.5] };
    expect(between(full, full, { x: 0.25, y: 0.25 }, { x: 0.5, y: 0.5 })).toEqual(held);
    expect(between(full, full, { x: 0.5, y: 0.25 }, { x: 0.25, y: 0.5 })).toEqual(held);
  });

  it('moves no further than the edge', () => {
    const near: Extent = { x: [250, 300], y: [0.5, 0.75] };
    expect(moved(near, full, { x: 1, y: 1 })).toEqual({ x: [250, 300], y: [0.75, 1] });
    expect(moved(near, full, { x: -1, y: 0 })).toEqual({ x: [200, 250], y: [0.5, 0.75] });
  });

  it('goes to a point that is out of sight, and stays where it is for one in sight', () => {
    const near: Extent = { x: [100, 200], y: [0, 0.5] };
    expect(including(near, full, { x: 150, y: 0.25 })).toEqual(near);
    const after = including(near, full, { x: 250, y: 0.9 });
    expect(after!.x[0]).toBeLessThan(250);
    expect(after!.x[1]).toBeGreaterThan(250);
    expect(after!.y[1]).toBeGreaterThan(0.9);
    expect(after!.x[1] - after!.x[0]).toBeCloseTo(100);
  });

  it('always stays inside the whole, and never vanishes', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(number, number, number, number, (a, b, c, d) => {
        const part = within({ x: [a, b], y: [c, d] }, full);
        for (const [span, [low, high]] of [
          [part?.x ?? full.x, full.x],
          [part?.y ?? full.y, full.y],
        ] as const) {
          expect(span[0]).toBeGreaterThanOrEqual(low - 1e-9);
          expect(span[1]).toBeLessThanOrEqual(high + 1e-9);
          expect(span[1] - span[0]).toBeGreaterThan((high - low) / 1000);
        }
      }),
    );
  });
});
