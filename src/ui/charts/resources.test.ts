import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../session/events.ts';
import { append, viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { partsOf, timeByStage, totalBytes } from './resources.ts';

const memory = (
  stage: 'train' | 'search',
  bytes: Partial<Extract<SessionEvent, { type: 'memory' }>['bytes']>,
): SessionEvent => ({
  type: 'memory',
  at: 2000,
  stage,
  bytes: { weights: 0, masks: 0, codes: 0, adapters: 0, optimizer: 0, activations: 0, other: 0, ...bytes },
});

describe('where time goes', () => {
  it('adds up to the time of the run, but for what came before the first stage', () => {
    const view = viewOf(logFixture());
    const total = timeByStage(view).reduce((sum, { worked, paused }) => sum + worked + paused, 0);
    expect(total).toBeCloseTo(view.elapsed - view.stages[0]!.startedAt);
    expect(timeByStage(view).map(({ stage }) => stage)).toEqual(['prepare', 'train', 'search', 'test']);
  });

  it('keeps pauses apart, and plain LoRA’s training from the method’s own', () => {
    const started = logFixture({ finish: false })[0]!;
    const view = viewOf([
      started,
      { type: 'stage', at: 100, stage: 'train', total: 10 },
      { type: 'paused', at: 300 },
      { type: 'resumed', at: 1300 },
      { type: 'stage', at: 2100, stage: 'search', total: 10 },
      { type: 'stage', at: 3100, stage: 'train', total: 10 },
      { type: 'progress', at: 3600, stage: 'train', done: 4 },
    ]);
    expect(timeByStage(view)).toEqual([
      { stage: 'train', worked: 1000, paused: 1000 },
      { stage: 'search', worked: 1000, paused: 0 },
      { stage: 'lora', worked: 500, paused: 0 },
    ]);
  });
});

describe('where memory goes', () => {
  it('names the parts that are there, the largest first', () => {
    const view = append(viewOf(logFixture()), [
      memory('train', { weights: 100, adapters: 10, activations: 900 }),
      memory('search', { weights: 100, activations: 50 }),
    ]);
    expect(partsOf(view.memory)).toEqual(['activations', 'weights', 'adapters']);
    expect(view.memory.map(totalBytes)).toEqual([1010, 150]);
  });
});
