import { expect, test, type Page } from '@playwright/test';
import { Random } from '../src/lib/random.ts';
import { Profile } from './faults.ts';
import {
  begin,
  button,
  finished,
  long,
  outcomeOf,
  region,
  runToEnd,
  setShortRecipe,
  openDemoHere,
} from './studio.ts';

// Its browsers are killed before a trace of them could be written.
test.use({ trace: 'off' });

/**
 * A run is killed at five random moments, three times with its whole browser, and continued each time from the Sessions of
 * the next page: it ends as the run that nobody interrupted.
 */
test('a run that is killed at five moments ends the same', async ({ baseURL }, { annotations }) => {
  const profile = new Profile();
  const random = new Random(5);
  const address = `${baseURL}?device=cpu`;
  try {
    let page = await profile.open(address);
    const start = async () => {
      await page.goto(address);
      await openDemoHere(page);
      await setShortRecipe(page, long);
    };
    await start();
    await runToEnd(page);
    const whole = await outcomeOf(page);
    const length = await position(page);
    expect(whole.losses).toHaveLength(long.steps);
    await start();
    await begin(page);
    const moments = Array.from({ length: 5 }, () => random.next() * length).sort((a, b) => a - b);
    for (const [index, moment] of moments.entries()) {
      await expect
        .poll(() => position(page), { timeout: 60_000, intervals: [20] })
        .toBeGreaterThanOrEqual(Math.floor(moment));
      await page.waitForTimeout(random.next() * 100);
      annotations.push({ type: 'killed', description: await placeOf(page) });
      if (index % 2 === 0) await profile.kill();
      else await page.close();
      page = index % 2 === 0 ? await profile.open(address) : await newPage(page, address);
      await goOn(page);
    }
    await finished(page);
    expect(await outcomeOf(page)).toEqual(whole);
    await expect(page.getByRole('alert')).toHaveCount(0);
  } finally {
    await profile.dispose();
  }
});

async function newPage(old: Page, address: string): Promise<Page> {
  const page = await old.context().newPage();
  await page.goto(address);
  return page;
}

/** The latest of the kept sessions is the interrupted one. */
async function goOn(page: Page): Promise<void> {
  await button(page, 'Sessions').click();
  const shelf = region(page, 'Library');
  await expect(shelf.getByRole('listitem')).toHaveCount(2);
  await shelf
    .getByRole('button', { name: /^Continue / })
    .first()
    .click();
  await expect(region(page, 'Run').getByRole('status').first()).toHaveText(/…$|^Finished/, {
    timeout: 120_000,
  });
  await button(page, 'Sessions').click();
}

/** What has been done of all stages together. */
const position = (page: Page): Promise<number> =>
  page.evaluate(() => window.pare.session().stages.reduce((sum, { done }) => sum + done, 0));

const placeOf = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { stages, status } = window.pare.session();
    const { stage, done, total } = stages.at(-1) ?? { stage: 'start', done: 0, total: 0 };
    return `${status}: ${stage} ${done}/${total}`;
  });
