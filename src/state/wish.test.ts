import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The wish of a page at an address, and what was said of it. */
async function openedAt(search: string) {
  vi.stubGlobal('location', { search });
  const { checkAskedDevice, deviceWish } = await import('./wish.ts');
  const { noticeStore: said } = await import('./notices.ts');
  checkAskedDevice();
  return { wish: deviceWish(), notices: said.getState().notices.map(({ message }) => message) };
}

it('takes the device that the address asks for, and says of one that there is not', async () => {
  expect(await openedAt('?device=cpu')).toEqual({ wish: 'cpu', notices: [] });
  vi.resetModules();
  expect(await openedAt('')).toEqual({ wish: 'auto', notices: [] });
  vi.resetModules();
  const { wish, notices } = await openedAt('?device=gpu');
  expect(wish).toBe('auto');
  expect(notices[0]).toContain('“gpu”');
});
