import { beforeEach, expect, it } from 'vitest';
import { logFixture } from '../session/session.testing.ts';
import { dismissInterrupted, interruptedStore, lookForInterrupted } from './interrupted.ts';
import { closeSession, sessionStore } from './session.ts';
import { keepFixture, libraryFixture } from './tabs.testing.ts';

const broken = logFixture({ finish: false });
const found = () => interruptedStore.getState().about?.id ?? null;

beforeEach(() => {
  closeSession();
  interruptedStore.setState({ about: null, dismissed: false });
});

it('offers a run that broke off, not one that ended, was stopped or cannot go on', async () => {
  const library = libraryFixture();
  await keepFixture(library, logFixture(), { id: 'over' });
  await keepFixture(library, broken, { id: 'stopped', status: 'stopped' });
  await keepFixture(library, broken, { id: 'log', state: 'none' });
  await lookForInterrupted();
  expect(found()).toBeNull();
  await keepFixture(library, broken, { id: 'broken' });
  await lookForInterrupted();
  expect(found()).toBe('broken');
});

it('offers nothing beside a session, nor once it was declined', async () => {
  await keepFixture(libraryFixture(), broken, { id: 'broken' });
  sessionStore.setState({ origin: 'link' });
  await lookForInterrupted();
  expect(found()).toBeNull();
  closeSession();
  dismissInterrupted();
  await lookForInterrupted();
  expect(found()).toBeNull();
});
