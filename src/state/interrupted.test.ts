import { beforeEach, expect, it } from 'vitest';
import { logFixture } from '../session/session.testing.ts';
import { aboutOf } from '../storage/about.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { dismissInterrupted, interruptedStore, lookForInterrupted } from './interrupted.ts';
import { provideLibrary } from './library.ts';
import { closeSession, sessionStore } from './session.ts';

const entry = (id: string, finish: boolean, state: 'none' | 'run' | 'finished') =>
  aboutOf(logFixture({ finish }), { id, name: '', bytes: 1, state, updated: '' });

const keep = (...entries: ReturnType<typeof entry>[]) =>
  provideLibrary(() =>
    Promise.resolve({
      library: { list: () => Promise.resolve(entries) } as unknown as SessionLibrary,
      notice: null,
      persist: () => Promise.resolve(false),
    }),
  );
const found = () => interruptedStore.getState().about?.id ?? null;

beforeEach(() => {
  closeSession();
  interruptedStore.setState({ about: null, dismissed: false });
});

it('offers the latest run that broke off, not one that ended, was stopped or cannot go on', async () => {
  const stopped = { ...entry('stopped', false, 'run'), status: 'stopped' as const };
  keep(entry('over', true, 'finished'), stopped, entry('log', false, 'none'));
  await lookForInterrupted();
  expect(found()).toBeNull();
  keep(entry('over', true, 'finished'), entry('latest', false, 'run'), entry('older', false, 'run'));
  await lookForInterrupted();
  expect(found()).toBe('latest');
});

it('offers nothing beside a session, nor once it was declined', async () => {
  keep(entry('latest', false, 'run'));
  sessionStore.setState({ origin: 'link' });
  await lookForInterrupted();
  expect(found()).toBeNull();
  closeSession();
  dismissInterrupted();
  await lookForInterrupted();
  expect(found()).toBeNull();
});
