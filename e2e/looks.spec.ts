import { readFileSync } from 'node:fs';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import type { SessionEvent } from '../src/session/events.ts';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { denyStorage } from './faults.ts';
import { look, lookAtWork, sizes } from './looking.ts';
import {
  begin,
  button,
  drop,
  expectAlert,
  finished,
  openDemo,
  reach,
  region,
  setShortRecipe,
  statusOf,
} from './studio.ts';

/**
 * Every state of the page, at both sizes and in both schemes. One short run passes through what only a run can show; the
 * other states are sessions that come as a person gets them, by a link.
 */
const linkOf = (log: readonly SessionEvent[]): string => `./${encodeLink(log).fragment}`;

/** Opened in a page that is open already, as a click on a link does. */
async function openLink(page: Page, log: readonly SessionEvent[]): Promise<void> {
  await page.goto(linkOf(log));
  await expect(region(page, 'Pareto front').getByLabel('Generation')).toBeVisible();
}

test.describe.serial('one run, from an empty page to a verified file', () => {
  let context: BrowserContext;
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  test.afterAll(() => context.close());

  async function stop(): Promise<void> {
    await button(page, 'Stop').click();
    await expect.poll(() => statusOf(page), { timeout: 60_000 }).toBe('stopped');
  }

  test('empty', async () => {
    await page.goto('./');
    await expect(button(page, 'Use the demo model')).toBeVisible();
    await look(page, 'empty');
  });

  test('loaded', async () => {
    await openDemo(page);
    await expect(button(page, 'Run')).toBeEnabled({ timeout: 60_000 });
    await look(page, 'loaded');
  });

  test('training, paused and stopped', async () => {
    await setShortRecipe(page, { steps: 100_000 });
    await begin(page);
    await reach(page, 'train', 5);
    await lookAtWork(page, 'training');
    await button(page, 'Pause').click();
    await expect(button(page, 'Resume')).toBeVisible();
    await look(page, 'paused');
    await button(page, 'Resume').click();
    await stop();
    await look(page, 'stopped');
  });

  test('searching, and recovered', async () => {
    await page.evaluate(() => {
      const { training, search } = window.pare.recipe();
      window.pare.setRecipe({
        // Enough to score for all the pictures.
        split: { validation: 1024, test: 8 },
        training: { ...training, steps: 8 },
        search: search && { ...search, evaluations: 4000, population: 8 },
      });
    });
    await begin(page);
    await reach(page, 'search', 20);
    await lookAtWork(page, 'searching');
    await stop();
    await button(page, 'Continue').click();
    await expect(page.getByRole('complementary', { name: 'Recovery' })).toBeVisible({ timeout: 120_000 });
    await lookAtWork(page, 'recovered');
    await stop();
  });

  test('finished', async () => {
    await setShortRecipe(page);
    await begin(page);
    await finished(page);
    await look(page, 'finished');
  });

  test('its file, with Verify offered, and verified', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'Save session').click(),
    ]);
    const bytes = new Uint8Array(readFileSync(await download.path()));
    await drop(page, [{ path: download.suggestedFilename(), bytes }]);
    await expect(button(page, 'Verify')).toBeVisible();
    await look(page, 'file');
    // On a phone the answer is far from the question, and has to come by itself.
    await page.setViewportSize(sizes.phone);
    await button(page, 'Verify').click();
    const answer = page.getByRole('region', { name: /^(Reproduction|Verification)$/ });
    await expect(answer).toBeInViewport();
    await expect(answer.getByRole('status')).toContainText(/(Reproduced|Verified) bit for bit/, {
      timeout: 120_000,
    });
    await look(page, 'reproduction');
  });
});

test.describe('what needs no run', () => {
  test('a shared link, read-only', async ({ page }) => {
    await openLink(page, logFixture({ evaluations: 32, seed: 3, eventful: true }));
    await look(page, 'shared');
  });

  test('sessions that stopped and that failed', async ({ page }) => {
    const unfinished = logFixture({ finish: false, evaluations: 24, seed: 5 });
    const at = unfinished.at(-1)!.at + 1000;
    await openLink(page, [...unfinished, { type: 'stopped', at }]);
    await expect(region(page, 'Run').getByRole('status')).toContainText('Stopped');
    await look(page, 'shared-stopped');
    const message = 'The device ran out of memory in a batch of one sequence.';
    const remedy = 'Shorten the examples, or train fewer targets.';
    await openLink(page, [...unfinished, { type: 'failed', at, message, remedy }]);
    await expect(region(page, 'Run').getByRole('status')).toContainText('Failed');
    await look(page, 'failed');
  });

  test('a library without sessions and with some, and sessions compared', async ({ page }) => {
    await page.goto('./');
    await button(page, 'Sessions').click();
    await expect(region(page, 'Library')).toContainText('None yet.');
    await look(page, 'library-empty');
    for (const seed of [1, 2, 3]) {
      await openLink(page, seeded(seed));
      await button(page, 'Keep in this browser').click();
      await expect(page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')).toHaveCount(seed);
    }
    await look(page, 'library');
    for (const box of await region(page, 'Library').getByRole('checkbox').all()) await box.check();
    await page.setViewportSize(sizes.phone);
    await button(page, 'Compare 3').click();
    await expect(region(page, 'Compare')).toBeInViewport();
    await page.setViewportSize(sizes.desk);
    await button(page, 'Close sessions').click();
    await expect(
      page.getByRole('group', { name: 'Fronts compared' }).locator('svg.recharts-surface'),
    ).toBeVisible();
    await region(page, 'Compare').scrollIntoViewIfNeeded();
    await look(page, 'compare');
  });

  test('a library that is denied', async ({ page }) => {
    await page.addInitScript(denyStorage);
    await page.goto('./');
    await button(page, 'Sessions').click();
    await expect(region(page, 'Library').getByRole('status')).toContainText('keeps no sessions');
    await look(page, 'library-denied');
  });

  test('an error', async ({ page }) => {
    await page.goto('./#s1.AAAA');
    await expectAlert(page, /The link/);
    await drop(page, [{ path: 'holiday.mp4', bytes: new Uint8Array(8) }]);
    await expectAlert(page, /holiday\.mp4/);
    await look(page, 'error');
  });
});

/** Sessions that differ in what tells them apart: their seed, and when they began. */
function seeded(seed: number): SessionEvent[] {
  const least = seed === 3 ? 0.6 : null;
  return logFixture({ seed, evaluations: 8 * (seed + 1), least }).map((event) => {
    if (event.type !== 'started') return event;
    return { ...event, date: `2026-11-2${seed}T10:00:00.000Z`, recipe: { ...event.recipe, seed } };
  });
}
