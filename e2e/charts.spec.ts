import { expect, test, type Page } from '@playwright/test';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { button, region } from './studio.ts';

/** The charts of a session that came as a link: nothing is computed, all of it is drawn. */
const { fragment } = encodeLink(logFixture({ evaluations: 120, seed: 3 }));

test.beforeEach(async ({ page }) => {
  await page.goto(`./${fragment}`);
  await expect(region(page, 'Pareto front').getByLabel('Generation')).toBeVisible();
  await expect.poll(() => ticks(page)).not.toEqual([]);
});

test('the front is zoomed by buttons, keys, wheel and a rectangle', async ({ page }) => {
  const whole = await ticks(page);
  await expect(button(page, 'Zoom out')).toHaveAttribute('aria-disabled', 'true');
  await button(page, 'Zoom in').click();
  await expect.poll(() => ticks(page)).not.toEqual(whole);
  await button(page, 'Reset zoom').click();
  await expect.poll(() => ticks(page)).toEqual(whole);

  const keys = page.getByRole('listbox', { name: 'Sub-networks on the front' });
  await keys.focus();
  for (const key of ['End', '+', '+']) await keys.press(key);
  await expect.poll(() => ticks(page)).not.toEqual(whole);
  const near = await ticks(page);
  for (let press = 0; press < 4; press++) await keys.press('Shift+ArrowLeft');
  await expect.poll(() => ticks(page)).not.toEqual(near);
  await keys.press('0');
  await expect.poll(() => ticks(page)).toEqual(whole);

  const plane = (await page.locator('.pointer-plane').boundingBox())!;
  const at = (x: number, y: number) => [plane.x + plane.width * x, plane.y + plane.height * y] as const;
  await page.mouse.move(...at(0.4, 0.1));
  await page.mouse.down();
  await page.mouse.move(...at(0.5, 0.3));
  await page.mouse.move(...at(0.6, 0.5));
  await page.mouse.up();
  await expect.poll(() => ticks(page)).not.toEqual(whole);
  // A drag is no click: the choice is as it was.
  expect(await page.evaluate(() => window.pare.session().chosen?.by)).toBe('rule');
  await button(page, 'Reset zoom').click();
  await page.mouse.move(...at(0.5, 0.3));
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(() => ticks(page)).not.toEqual(whole);
});

test('the search is looked at by generation', async ({ page }) => {
  const slider = page.getByLabel('Generation');
  const stops = page.getByRole('listbox', { name: 'Sub-networks on the front' }).getByRole('option');
  const last = Number(await slider.getAttribute('max'));
  expect(last).toBe(14);
  const atLast = await stops.count();
  await slider.fill('0');
  await expect.poll(() => stops.count()).toBeLessThan(atLast);
  await slider.fill(String(last));
  await expect.poll(() => stops.count()).toBe(atLast);
  await button(page, 'Replay the search').click();
  // Whichever it has come to when somebody looks; and in the end it is where it began.
  await expect(slider).toHaveAttribute('aria-valuetext', /^(\d|1[0-3]) of 14$/);
  await expect(slider).toHaveAttribute('aria-valuetext', `${last} of ${last}`);
  await expect(button(page, 'Replay the search')).toBeVisible();
});

test('every chart has its table', async ({ page }) => {
  const view = await page.evaluate(() => window.pare.session());
  for (const [name, rows] of [
    ['Pareto front data', view.points.length],
    ['Hypervolume data', view.hypervolume.length],
    ['Time by stage data', view.stages.length],
    ['Genes data', 3],
  ] as const) {
    const table = page.getByRole('table', { name, exact: true });
    await expect(table).toHaveCount(1);
    await expect(table.locator('tbody tr'), name).toHaveCount(rows);
  }
});

test('on a phone nothing is wider than the screen, and every section is one tap away', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.getByRole('link', { name: 'Results', exact: true }).click();
  await expect(region(page, 'Results')).toBeInViewport();
  expect(new URL(page.url()).hash).toBe(fragment);
});

/** What the front's axes say. */
const ticks = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('.front .recharts-cartesian-axis-tick-value')].map(
      (tick) => tick.textContent,
    ),
  );
