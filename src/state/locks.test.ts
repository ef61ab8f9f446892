import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { locksFixture } from './tabs.testing.ts';

/** Each import of the module is a tab of its own; they share the browser's locks. */
async function openTab() {
  vi.resetModules();
  return import('./locks.ts');
}

beforeEach(() => vi.stubGlobal('navigator', { locks: locksFixture() }));
afterEach(() => vi.unstubAllGlobals());

describe('two tabs on one session', () => {
  it('only one of them works on it, until it lets go', async () => {
    const [here, there] = [await openTab(), await openTab()];
    expect(await here.hold('a')).toBe(true);
    expect(await here.hold('a')).toBe(true);
    expect(await there.hold('a')).toBe(false);
    expect(await there.hold('b')).toBe(true);
    here.release('a');
    await vi.waitFor(async () => expect(await there.hold('a')).toBe(true));
    expect(await here.hold('a')).toBe(false);
  });

  it('one can wait for the other, or give up waiting', async () => {
    const [here, there] = [await openTab(), await openTab()];
    await here.hold('a');
    const giving = new AbortController();
    const given = there.untilFree('a', giving.signal);
    giving.abort();
    await expect(given).rejects.toThrow();
    let free = false;
    const waited = there.untilFree('a', new AbortController().signal).then(() => (free = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(free).toBe(false);
    here.release('a');
    await waited;
    expect(await there.hold('a')).toBe(true);
  });

  it('each knows what the other works on, and not what others lock', async () => {
    const [here, there] = [await openTab(), await openTab()];
    await here.hold('a');
    void navigator.locks.request('pare saving/a', { ifAvailable: true }, () => new Promise(() => undefined));
    expect([...(await there.heldElsewhere())]).toEqual(['a']);
    expect([...(await here.heldElsewhere())]).toEqual([]);
  });
});

it('lets a page without locks work', async () => {
  vi.stubGlobal('navigator', {});
  const { hold, heldElsewhere } = await openTab();
  expect(await hold('a')).toBe(true);
  expect((await heldElsewhere()).size).toBe(0);
});
