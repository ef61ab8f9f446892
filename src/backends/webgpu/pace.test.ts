import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mostWork } from '../../kernels/work.ts';
import { Pace, Track } from './pace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Work that a device does in so many milliseconds. */
function did(pace: Pace, track: Track, work: number, milliseconds: number): Track {
  pace.queue(track, work / 2);
  const idle = pace.waiting();
  pace.queue(track, work / 2);
  vi.advanceTimersByTime(milliseconds);
  idle();
  pace.waiting();
  return track;
}

it('lets submits grow with the speed that was measured, by no more than four times at once', () => {
  const [pace, track] = [new Pace(), new Track()];
  expect(track.submitWork).toBe(mostWork);
  // 10¹⁰ in ten milliseconds.
  expect(did(pace, track, 2e10, 10).submitWork).toBe(4 * mostWork);
  expect(did(pace, track, 2e10, 10).submitWork).toBe(16 * mostWork);
  for (let i = 0; i < 10; i++) did(pace, track, 2e10, 10);
  expect(track.submitWork).toBe(1e11);
  expect(pace.aheadWork).toBe(2.5e11);
  // Something else takes the device: back at once, but never below what is cut anyway.
  expect(did(pace, track, 2e8, 1000).submitWork).toBe(mostWork);
  expect(pace.aheadWork).toBe(5e8);
  // Too short to tell.
  expect(did(pace, track, 2e10, 1).submitWork).toBe(mostWork);
});

it('queues of a slow program no more than that one has been seen to do', () => {
  const [pace, fast, slow] = [new Pace(), new Track(), new Track()];
  for (let i = 0; i < 10; i++) did(pace, fast, 2e10, 10);
  pace.queue(slow, 1e8);
  expect(pace.aheadWork).toBe(5e8);
  // Beside much that is fast, nothing is learnt of it.
  pace.queue(fast, 1e10);
  const idle = pace.waiting();
  vi.advanceTimersByTime(11);
  idle();
  expect(slow.submitWork).toBe(mostWork);
  expect(fast.submitWork).toBeGreaterThan(4e10);
});
