import { expect, test, type Page } from '@playwright/test';
import { beforeWorker, faultyDevices, loseDevice, type RunOutcome } from './faults.ts';
import {
  begin,
  button,
  drop,
  finished,
  outcomeOf,
  reach,
  region,
  runToEnd,
  setShortRecipe,
  statusOf,
  unpack,
} from './studio.ts';
import { problemsFile, tinyFiles } from './tiny.ts';

/** The device is lost again and again, in every stage of a run and after it: the run ends as if it had not been. */
test.describe.serial('a lost device', () => {
  let page: Page;
  let undisturbed: RunOutcome;
  const steps = 24;

  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext();
    await beforeWorker(context, faultyDevices);
    page = await context.newPage();
    await page.goto('./?device=webgpu');
    // Each loss compiles the kernels again, which in software takes longer than all the rest, and longer for the demo's model.
    await drop(page, await tinyFiles());
    await expect(region(page, 'Model')).toContainText('Llama', { timeout: 60_000 });
    await drop(page, [await problemsFile(200)]);
    await expect(region(page, 'Data')).toContainText('200', { timeout: 60_000 });
    await setShortRecipe(page, { method: 'shears', steps, evaluations: 120, calibration: 128, test: 128 });
  });
  test.afterAll(() => page.context().close());

  test('a run that nothing disturbs', async () => {
    await runToEnd(page);
    undisturbed = await outcomeOf(page);
    expect(undisturbed.losses).toHaveLength(steps);
    expect(undisturbed.front.length).toBeGreaterThan(0);
    await expect(recovery(page)).toHaveCount(0);
  });

  test('a run that loses its device in every stage ends the same, and says so', async () => {
    await begin(page);
    for (const [stage, done] of [
      ['calibrate', 1],
      ['train', 2],
      ['search', 2],
      ['test', 1],
    ] as const) {
      await test.step(stage, async () => {
        await reach(page, stage, done);
        const before = await lastRecovery(page);
        await loseDevice(page);
        await expect.poll(() => lastRecovery(page), { timeout: 120_000 }).not.toBe(before);
        await expect(recovery(page)).toContainText(
          /graphics device was lost .* went on from .* on a new device/,
        );
        expect(await statusOf(page)).toBe('running');
      });
    }
    await finished(page);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await expect(recovery(page)).toContainText('The results are what they would have been.');
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  test('what was lost after the end comes back with the next question', async () => {
    await loseDevice(page);
    await button(page, 'Answer').click();
    await expect(button(page, 'Answer')).toBeEnabled({ timeout: 120_000 });
    for (const name of ['Original', 'Chosen'])
      await expect(page.getByRole('region', { name, exact: true })).toContainText(/\d/);
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(await outcomeOf(page)).toEqual(undisturbed);
  });

  test('another point is chosen after a loss', async () => {
    await loseDevice(page);
    const other = await page.evaluate(() => {
      const { points, chosen } = window.pare.session();
      return points.findIndex(({ genome, index }) => genome !== null && index !== chosen?.index);
    });
    await page.evaluate((index) => window.pare.choose(index), other);
    await expect
      .poll(() => page.evaluate(() => window.pare.session().chosen))
      .toMatchObject({ index: other, by: 'user' });
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  test('an export that loses its device is made', async () => {
    const downloading = page.waitForEvent('download', { timeout: 120_000 });
    await button(page, 'Export model').click();
    await loseDevice(page);
    const folder = await unpack(await downloading);
    expect(folder).toBeTruthy();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expect(
      region(page, 'Run')
        .getByRole('status')
        .filter({ hasText: /\bFinished/ }),
    ).toBeVisible();
  });
});

/** When, and from where, a run last went on. */
const lastRecovery = (page: Page) =>
  page.evaluate(() => JSON.stringify(window.pare.session().recoveries.at(-1) ?? null));

const recovery = (page: Page) => page.getByRole('complementary', { name: 'Recovery', exact: true });
