import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { look } from './looking.ts';
import { button, openDemo, region } from './studio.ts';

test('the device is measured when asked: figures, a roofline with its table, text to take along', async ({
  page,
}) => {
  await page.goto('./');
  const panel = region(page, 'Performance');
  await expect(panel.getByRole('button', { name: 'Measure this device' })).toBeDisabled();
  await openDemo(page, 'webgpu');
  await panel.getByRole('button', { name: 'Measure this device' }).press('Enter');

  // Whoever has seen enough stops it, and may ask again.
  await expect(panel.getByRole('progressbar', { name: 'Measuring' })).toBeVisible();
  await panel.getByRole('button', { name: 'Stop measuring' }).click();
  const again = panel.getByRole('button', { name: 'Measure this device' });
  await again.click({ timeout: 60_000 });
  await expect(panel.getByRole('status')).toContainText('demo', { timeout: 240_000 });

  const speeds = panel.getByRole('table', { name: 'Tokens a second' });
  for (const label of ['training', 'evaluation', 'decoding'])
    await expect(speeds.getByRole('row', { name: new RegExp(`^${label}`) })).toHaveText(/[1-9]/);
  await panel.getByRole('button', { name: 'Roofline as a table' }).click();
  const roofline = panel.getByRole('table', { name: 'Roofline data' });
  await expect(roofline.getByRole('row', { name: /matmul/ }).first()).toBeVisible();
  await panel.getByRole('button', { name: 'Roofline as a table' }).click();
  await panel.getByText('Ceilings and kernels').click();
  await look(page, 'performance');

  await page.context().grantPermissions([]);
  const download = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Copy the measurements as JSON' }).click();
  const report = JSON.parse(readFileSync(await (await download).path(), 'utf8'));
  const kinds = report.devices.map(({ backend }: { backend: string }) => backend);
  expect(kinds.toSorted()).toEqual(['cpu', 'webgpu']);
  const gpu = report.devices[kinds.indexOf('webgpu')];
  expect(gpu.timing).toBe('timestamps');
  expect(gpu.kernelTimes.length).toBeGreaterThan(5);
});

test('a run has the device to itself', async ({ page }) => {
  await openDemo(page);
  await button(page, 'Run').click();
  await expect(region(page, 'Run').getByRole('progressbar').first()).toBeVisible();
  const panel = region(page, 'Performance');
  await expect(panel.getByRole('button', { name: 'Measure this device' })).toBeDisabled();
  await expect(panel).toContainText('A run uses the device.');
  await button(page, 'Stop').click();
});
