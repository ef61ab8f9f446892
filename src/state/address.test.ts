import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultRecipe } from '../recipes/presets.ts';
import { decodeLink } from '../session/link.ts';
import { decodeRecipeLink } from '../session/recipe-link.ts';
import { viewOf } from '../session/reduce.ts';
import { logFixture } from '../session/session.testing.ts';
import { keepAddress } from './address.ts';
import { historyStore } from './history.ts';
import { providePlatform } from './platform.ts';
import { changeRecipe, recipeStore, undoRecipe } from './recipe.ts';
import { closeSession, expectRun, loseLiveRun, receive, showSession } from './session.ts';
import { leaveSession, openLink } from './share.ts';
import { noticeStore } from './notices.ts';
import { libraryFixture, pageFixture } from './tabs.testing.ts';

const log = logFixture();
let page: ReturnType<typeof pageFixture>;
let writes: string[];
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  libraryFixture();
  loseLiveRun();
  closeSession();
  historyStore.setState({ runs: [] });
  recipeStore.setState({ recipe: defaultRecipe, past: [], future: [] });
  noticeStore.setState({ notices: [] });
  page = pageFixture();
  writes = [];
  const { address } = page;
  providePlatform({
    ...page,
    address: { ...address, replaceFragment: (next) => (writes.push(next), address.replaceFragment(next)) },
  });
  stop = keepAddress();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const withSeed = (seed: number) => ({ ...recipeStore.getState().recipe, seed });

describe('without a session, the address', () => {
  it('is the recipe, once it is another than the default and typing has paused', () => {
    vi.advanceTimersByTime(2000);
    expect(writes).toEqual([]);
    for (const seed of [1, 12, 123]) {
      changeRecipe(withSeed(seed));
      vi.advanceTimersByTime(400);
    }
    expect(writes).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(writes).toHaveLength(1);
    expect(decodeRecipeLink(page.fragment).seed).toBe(123);
    changeRecipe(defaultRecipe);
    vi.advanceTimersByTime(500);
    expect(page.fragment).toBe('');
  });

  it('sets the recipe when it is opened, which can be undone', () => {
    changeRecipe(withSeed(99));
    vi.advanceTimersByTime(500);
    const link = page.fragment;
    changeRecipe(withSeed(1));
    openLink(link);
    expect(recipeStore.getState().recipe.seed).toBe(99);
    undoRecipe();
    expect(recipeStore.getState().recipe.seed).toBe(1);
  });

  it('leaves the recipe alone where it is broken', () => {
    openLink('#r1.AAAA');
    expect(noticeStore.getState().notices[0]?.code).toMatch(/^link-/);
    expect(recipeStore.getState().past).toEqual([]);
  });
});

describe('with a session, the address', () => {
  it('follows a run: at each stage, else every five seconds', () => {
    expectRun('a');
    let time = 0;
    const pass = (milliseconds: number) => {
      for (const end = time + milliseconds; time < end; time += 100) {
        if (time > 0) receive([{ type: 'losses', at: time, from: time, values: [1] }]);
        vi.advanceTimersByTime(100);
      }
    };
    receive(log.slice(0, 2));
    pass(20_000);
    expect(writes.length).toBeGreaterThanOrEqual(4);
    expect(writes.length).toBeLessThanOrEqual(6);
    const before = writes.length;
    receive([{ type: 'stage', at: time, stage: 'train', total: 10 }]);
    vi.advanceTimersByTime(100);
    expect(writes).toHaveLength(before + 1);
    expect(viewOf(decodeLink(page.fragment))).toMatchObject({ status: 'running' });
  });

  it('is the finished session, and whatever was chosen since', () => {
    expectRun('a');
    receive(log);
    vi.advanceTimersByTime(200);
    expect(viewOf(decodeLink(page.fragment)).status).toBe('finished');
    const other = viewOf(log).front[0]!.genome!;
    receive([{ type: 'chosen', at: 1e6, genome: other, by: 'user' }]);
    vi.advanceTimersByTime(200);
    expect(viewOf(decodeLink(page.fragment)).chosen).toMatchObject({ genome: other, by: 'user' });
  });

  it('stays as it was sent, and is gone with the session', () => {
    page.fragment = '#s1.as-it-was-sent';
    showSession(log, 'link');
    vi.advanceTimersByTime(10_000);
    expect(page.fragment).toBe('#s1.as-it-was-sent');
    leaveSession();
    expect(page.fragment).toBe('');
  });

  it('is at least its recipe where it is too long for a link', () => {
    const genes = 3000;
    const [started, ...rest] = logFixture({ layers: genes / 3, evaluations: 200, random: true });
    showSession([started!, ...rest], 'file');
    vi.advanceTimersByTime(10_000);
    expect(decodeRecipeLink(page.fragment).seed).toBe(7);
  });
});
