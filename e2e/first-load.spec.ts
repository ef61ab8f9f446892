import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { button, region } from './studio.ts';

/** Bytes of JavaScript, packed as a host would, that a page may load before it is of any use. */
const most = 300_000;

test('little JavaScript comes before a model is chosen, and no worker', async ({ page }) => {
  const scripts = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    if (!/\.js($|\?)/.test(response.url())) return;
    scripts.set(
      response.url(),
      response.body().then((body) => gzipSync(body).length),
    );
  });
  await page.goto('./');
  await expect(button(page, 'Use the demo model')).toBeVisible();
  await region(page, 'Recipe').getByRole('radio', { name: 'Shears', exact: true }).check();
  await button(page, 'Sessions').click();
  await page.waitForLoadState('networkidle');
  expect(scripts.size).toBeGreaterThan(0);
  expect([...scripts.keys()].filter((address) => address.includes('.worker'))).toEqual([]);
  const bytes = await Promise.all(scripts.values());
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(most);
});
