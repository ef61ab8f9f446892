import { expect, it } from 'vitest';
import { logFixture } from '../../session/session.testing.ts';
import { aboutOf } from '../../storage/about.ts';
import { dateOf, outcomeOf, statusOf } from './libraryText.ts';

const entryOf = (finish: boolean, state: 'none' | 'run' | 'finished') => ({
  ...aboutOf(logFixture({ finish }), { id: 'a', name: '', bytes: 1, state, updated: '' }),
  pageOnly: false,
});
const nowhere = { isLive: false, isElsewhere: false };

it('says of a running session who runs it, if anybody does', () => {
  const running = entryOf(false, 'run');
  expect(statusOf(running, { ...nowhere, isLive: true })).toBe('running');
  expect(statusOf(running, { ...nowhere, isElsewhere: true })).toBe('open in another tab');
  expect(statusOf(running, nowhere)).toBe('broke off, can go on');
  expect(statusOf(entryOf(false, 'none'), nowhere)).toBe('broke off');
  expect(statusOf(entryOf(true, 'finished'), nowhere)).toBe('finished');
});

it('says what came out, in the words of the metric', () => {
  const entry = entryOf(true, 'finished');
  expect(outcomeOf(entry)).toMatch(/^50 scored, best \d+\.\d %$/);
  expect(outcomeOf({ ...entry, metric: 'perplexity', best: 0.25 })).toBe('50 scored, best 4.000');
  expect(outcomeOf({ ...entry, evaluations: 0, best: null })).toBe('0 scored');
});

it('writes the year only where it is another one, and nothing for what is no date', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  expect(dateOf('2026-11-21T12:00:00Z', now)).not.toContain('2026');
  expect(dateOf('2025-11-21T12:00:00Z', now)).toContain('2025');
  expect(dateOf('yesterday', now)).toBe('');
});
