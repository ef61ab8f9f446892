import { expect, it } from 'vitest';
import type { SessionEvent } from '../session/events.ts';
import { batchEvents } from './event-batches.ts';

const event = (done: number): SessionEvent => ({ type: 'progress', at: 0, stage: 'train', done });

it('hands on what is left, and waits for the batches before it', async () => {
  const heard: number[] = [];
  let batches = 0;
  let release = () => {};
  const slow = new Promise<void>((resolve) => (release = resolve));
  const { push, flush } = batchEvents(async (events) => {
    if (batches++ === 0) await slow;
    heard.push(...events.map((each) => (each.type === 'progress' ? each.done : -1)));
  });
  push(event(1));
  void flush();
  push(event(2));
  const flushed = flush().then(() => heard.push(0));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(heard).not.toContain(0);
  release();
  await flushed;
  expect(heard.at(-1)).toBe(0);
  expect(heard.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});
