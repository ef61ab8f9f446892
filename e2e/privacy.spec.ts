import { expect, test } from '@playwright/test';
import { button } from './studio.ts';

/** The promise that nothing leaves the machine is kept by the browser, in the page and in the workers. */
test('neither page nor workers can connect elsewhere', async ({ page }) => {
  await page.goto('./');
  await button(page, 'Use the demo model').click();
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(2);
  const blockedBy = () =>
    new Promise<string>((resolve) => {
      globalThis.addEventListener('securitypolicyviolation', (event) => {
        resolve(event.effectiveDirective);
      });
      fetch('https://example.com/').catch(() => setTimeout(() => resolve('not blocked by a policy'), 1000));
    });
  expect(await page.evaluate(blockedBy)).toBe('connect-src');
  for (const worker of page.workers()) expect(await worker.evaluate(blockedBy)).toBe('connect-src');
});
