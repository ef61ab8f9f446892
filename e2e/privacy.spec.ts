import { expect, test } from '@playwright/test';
import { button, region } from './studio.ts';

/** Which policy keeps a fetch from leaving; null: none does. */
const blockedBy = (address: string) =>
  new Promise<string | null>((resolve) => {
    globalThis.addEventListener('securitypolicyviolation', (event) => {
      resolve(event.effectiveDirective);
    });
    fetch(address).then(
      () => resolve(null),
      () => setTimeout(() => resolve('not blocked by a policy'), 1000),
    );
  });

/** The promise that nothing leaves the machine is kept by the browser, in the page and in the workers. */
test('neither page nor workers can connect elsewhere', async ({ page }) => {
  // The kernels' threads never listen, and what is on the GPU has none.
  await page.goto('./?device=webgpu');
  await button(page, 'Use the demo model').click();
  await region(page, 'Model').getByText('From the Hugging Face hub').click();
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(3);
  for (const address of ['https://example.com/', 'https://huggingface.co.example.com/']) {
    expect(await page.evaluate(blockedBy, address)).toBe('connect-src');
    for (const worker of page.workers())
      expect(await worker.evaluate(blockedBy, address)).toBe('connect-src');
  }
});

/** What a person asks for by name comes from the hub and the hosts that it sends downloads to. */
test('the hub can be reached, and nothing asks it for anything by itself', async ({ page, context }) => {
  const asked: string[] = [];
  const allow = { status: 200, headers: { 'access-control-allow-origin': '*' }, body: '' };
  await context.route(/^https:/, (route) => {
    asked.push(route.request().url());
    return route.fulfill(allow);
  });
  await page.goto('./?device=webgpu');
  await button(page, 'Use the demo model').click();
  await button(page, 'Use the demo data').click();
  await region(page, 'Model').getByText('From the Hugging Face hub').click();
  await region(page, 'Data').getByText('From the Hugging Face hub').click();
  await expect(region(page, 'Data')).toContainText('2,600', { timeout: 60_000 });
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(3);
  expect(asked).toEqual([]);

  const hosts = ['huggingface.co', 'us.aws.cdn.hf.co', 'us.gcp.cdn.hf.co', 'cdn-lfs-us-1.hf.co'];
  for (const host of hosts) {
    for (const worker of page.workers())
      expect(await worker.evaluate(blockedBy, `https://${host}/`)).toBeNull();
  }
});
