import { expect, it, vi } from 'vitest';
import { mostWork } from '../../kernels/work.ts';
import { Pace } from './pace.ts';

/** Work that a device does in so many milliseconds. */
function did(pace: Pace, work: number, milliseconds: number): Pace {
  pace.queue(work / 2);
  const idle = pace.waiting();
  pace.queue(work / 2);
  vi.advanceTimersByTime(milliseconds);
  idle();
  pace.waiting();
  return pace;
}

it('lets submits grow with the speed that was measured, by no more than four times at once', () => {
  vi.useFakeTimers();
  try {
    const pace = new Pace();
    expect(pace.submitWork).toBe(mostWork);
    // 10¹⁰ in ten milliseconds.
    expect(did(pace, 2e10, 10).submitWork).toBe(4 * mostWork);
    expect(did(pace, 2e10, 10).submitWork).toBe(16 * mostWork);
    for (let i = 0; i < 10; i++) did(pace, 2e10, 10);
    expect(pace.submitWork).toBe(1e11);
    expect(pace.aheadWork).toBe(2.5e11);
    // Another program takes the device: back at once, but never below what is cut anyway.
    expect(did(pace, 2e8, 1000).submitWork).toBe(mostWork);
    expect(pace.aheadWork).toBe(5e8);
    // Too short to tell.
    expect(did(pace, 2e10, 1).submitWork).toBe(mostWork);
  } finally {
    vi.useRealTimers();
  }
});
