import { expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { RunControl } from './control.ts';
import { outcomeOf, shortRecipe } from './resume.testing.ts';

const recipe = shortRecipe('lonas', { baseline: false });

it.each(['calibrate', 'train', 'search', 'test'] as const)('stops in stage %s', async (stage) => {
  const control = new RunControl();
  const log: SessionEvent[] = [];
  const { finished } = await outcomeOf(cpu, recipe, {
    control,
    onEvent: (event) => {
      appendToLog(log, [event]);
      if (event.type === 'stage' && event.stage === stage) control.stop();
    },
  });
  expect(finished).toBeNull();
  expect(log.at(-1)?.type).toBe('stopped');
  expect(log.findLast(({ type }) => type === 'stage')).toMatchObject({ stage });
});

it('waits while it is paused', async () => {
  const control = new RunControl();
  const log: SessionEvent[] = [];
  let paused = 0;
  let during = 0;
  await outcomeOf(cpu, recipe, {
    control,
    onEvent: (event) => {
      appendToLog(log, [event]);
      if (paused && control.paused && event.type !== 'paused') during++;
      if (event.type !== 'progress' || event.stage !== 'train' || paused) return;
      paused = event.done;
      control.pause();
      setTimeout(() => control.resume(), 300);
    },
  });
  expect(paused).toBeGreaterThan(0);
  expect(during).toBe(0);
  expect(log.map(({ type }) => type)).toEqual(expect.arrayContaining(['paused', 'resumed']));
  expect(log.at(-1)?.type).toBe('finished');
});
