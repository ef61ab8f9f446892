import { afterEach, expect, it } from 'vitest';
import { viewOf } from '../session/reduce.ts';
import { logFixture } from '../session/session.testing.ts';
import { compare, compareStore, stopComparing } from './compare.ts';
import { sessionStore } from './session.ts';

const [early, late] = [viewOf(logFixture({ finish: false })), viewOf(logFixture())];
const other = viewOf(logFixture({ seed: 7 }));
const views = () => compareStore.getState().sessions.map(({ view }) => view);

afterEach(stopComparing);

it('follows the session that runs here, and no other', () => {
  sessionStore.setState({ entry: 'a', origin: 'run', view: early });
  compare([
    { id: 'a', name: 'A', view: viewOf(logFixture({ finish: false })) },
    { id: 'b', name: 'B', view: other },
  ]);
  expect(views()).toEqual([early, other]);
  sessionStore.setState({ view: late });
  expect(views()[0]).toBe(late);
  expect(views()[1]).toBe(other);
  stopComparing();
  sessionStore.setState({ view: early });
  expect(views()).toEqual([]);
});
