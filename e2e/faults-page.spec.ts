import { readFileSync } from 'node:fs';
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { bytesSource } from '../src/formats/source.ts';
import { viewOf } from '../src/session/reduce.ts';
import { openSavedSession } from '../src/session/saved-session.ts';
import {
  beforeWorker,
  crashWhenSent,
  denyStorage,
  hidableTab,
  hideTab,
  jumpClock,
  slowStorage,
  type RunOutcome,
} from './faults.ts';
import {
  begin,
  button,
  finished,
  long,
  openDemo,
  outcomeOf,
  reach,
  region,
  runToEnd,
  setShortRecipe,
  statusOf,
} from './studio.ts';

/** The same short run under every fault: it ends as the one that nothing disturbs. */
test.describe.serial('faults around a run', () => {
  let undisturbed: RunOutcome;

  test('nothing disturbs it', async ({ browser }) => {
    const page = await studio(await browser.newContext());
    await runToEnd(page);
    undisturbed = await outcomeOf(page);
    expect(undisturbed.losses).toHaveLength(long.steps);
    expect(undisturbed.front.length).toBeGreaterThan(0);
    await page.context().close();
  });

  test('workers that die: it goes on by itself from the last checkpoint, and says so', async ({
    browser,
  }) => {
    const context = await browser.newContext();
    const studioLives = await crashWhenSent(context, 'studio', { word: '"losses"', times: 3 }, 1);
    // The first goes with its studio, before there is anything to search.
    const searchLives = await crashWhenSent(context, 'search', { word: '"APPLY"', times: 4 }, 2);
    const page = await studio(context);
    await runToEnd(page);
    expect([studioLives(), searchLives()]).toEqual([3, 3]);
    await expect(
      page.getByText(
        /engine stopped unexpectedly: .*allocation failed.* goes on from its last checkpoint in a new one/,
      ),
    ).toBeVisible();
    await expect(page.getByRole('complementary', { name: 'Recovery' })).toContainText(/Continued from/);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await expect(page.getByRole('alert')).toHaveCount(0);
    await context.close();
  });

  test('storage that is full: it is told once, and the run ends', async ({ browser }) => {
    const page = await studio(await browser.newContext());
    const client = await page.context().newCDPSession(page);
    await client.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(page.url()).origin,
      quotaSize: 4096,
    });
    await runToEnd(page);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await expect(page.locator('.notice')).toHaveCount(1);
    await expect(page.locator('.notice')).toContainText(
      'This run goes on, but it cannot be kept: There is no room left',
    );
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expectAllInItsFile(page);
    await page.context().close();
  });

  test('storage that is denied: sessions last as long as the page', async ({ browser }) => {
    const page = await studio(await inBoth(browser, denyStorage));
    await runToEnd(page);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await expect(page.locator('.notice')).toHaveCount(1);
    await expect(page.locator('.notice')).toContainText(
      'This browser keeps no sessions for this page (Access is denied',
    );
    await expect(page.getByRole('alert')).toHaveCount(0);
    await button(page, 'Sessions').click();
    await expect(region(page, 'Library').getByRole('listitem')).toHaveCount(1);
    await expect(region(page, 'Library')).toContainText('this page only');
    await expectAllInItsFile(page);
    await page.context().close();
  });

  test('storage that is slow: a run that was stopped goes on as soon as it is kept', async ({ browser }) => {
    const context = await browser.newContext();
    await beforeWorker(context, slowStorage);
    const page = await studio(context);
    await setShortRecipe(page, { steps: 100_000 });
    await begin(page);
    await reach(page, 'train', 5);
    // The second time the library has it already when it is stopped, while its end is still being written.
    for (const _ of ['once', 'twice']) {
      await button(page, 'Stop').click();
      await expect.poll(() => statusOf(page), { timeout: 60_000 }).toBe('stopped');
      await button(page, 'Continue').click();
      await expect.poll(() => statusOf(page), { timeout: 60_000 }).toBe('running');
      await expect(page.getByRole('complementary', { name: 'Recovery' })).toContainText('Continued from');
    }
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.context().close();
  });

  test('a clock that jumps: progress and time left stay sane', async ({ browser }) => {
    const page = await studio(await inBoth(browser, jumpClock));
    await begin(page);
    const seen: string[] = [];
    while ((await page.evaluate(() => window.pare.session().status)) === 'running') {
      seen.push(await region(page, 'Run').innerText());
      await page.waitForTimeout(150);
    }
    await finished(page);
    expect(seen.filter((text) => /NaN|Infinity|undefined|[-−]\d/.test(text))).toEqual([]);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    const times = await page.evaluate(() => window.pare.log().map(({ at }) => at));
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(times.at(-1)).toBeLessThan(3_600_000);
    await page.context().close();
  });

  test('a tab in the background runs to its end', async ({ browser }) => {
    const context = await browser.newContext();
    await context.addInitScript(hidableTab);
    const page = await studio(context);
    await begin(page);
    await reach(page, 'train', 2);
    await hideTab(page, true);
    await expect
      .poll(() => page.evaluate(() => window.pare.session().status), { timeout: 120_000 })
      .toBe('finished');
    expect(await page.evaluate(() => document.visibilityState)).toBe('hidden');
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await hideTab(page, false);
    await finished(page);
    await page.context().close();
  });
});

/** The whole run, adapters and all, can be saved as a file, though the browser keeps none of it, or an older part. */
async function expectAllInItsFile(page: Page): Promise<void> {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save session').click()]);
  const { log, checkpoint } = await openSavedSession(
    bytesSource('saved.pare', new Uint8Array(readFileSync(await download.path()))),
  );
  expect(viewOf(log).status).toBe('finished');
  expect(checkpoint?.records.at(-1)?.key).toBe('finish');
  await expect(page.getByRole('alert')).toHaveCount(0);
}

/** A fault of the whole browser: in the page and in its worker. */
async function inBoth(browser: Browser, fault: () => void): Promise<BrowserContext> {
  const context = await browser.newContext();
  await beforeWorker(context, fault);
  await context.addInitScript(fault);
  return context;
}

/** A studio of its own, with nothing stored, and the run that all of these make. */
async function studio(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await openDemo(page, 'cpu');
  await setShortRecipe(page, long);
  return page;
}
