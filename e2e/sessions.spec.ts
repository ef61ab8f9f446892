import { readFileSync } from 'node:fs';
import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import type { RunOutcome } from './faults.ts';
import { lines, opened } from './problems.ts';
import {
  begin,
  button,
  drop,
  finished,
  long,
  openDemo,
  openDemoHere,
  outcomeOf,
  reach,
  region,
  runToEnd,
  setField,
  setShortRecipe,
  statusOf,
  unpack,
} from './studio.ts';

/** Sessions that stay and travel: kept in the browser, in an address, in a file. One browser profile, and strangers. */
test.describe.serial('sessions', () => {
  let home: BrowserContext;
  let page: Page;
  let undisturbed: RunOutcome;

  test.beforeAll(async ({ browser }) => {
    home = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await home.newPage();
    await openDemo(page, 'cpu');
    await setShortRecipe(page, long);
  });
  test.afterAll(() => home.close());

  test('a run is kept; it is renamed, duplicated and deleted', async () => {
    await runToEnd(page);
    undisturbed = await outcomeOf(page);
    expect(undisturbed.losses).toHaveLength(long.steps);
    expect(undisturbed.front.length).toBeGreaterThan(0);
    const shelf = await openShelf(page);
    await expect(shelf.getByRole('listitem')).toHaveCount(1);
    await expect(shelf.getByRole('listitem')).toContainText('finished');
    await shelf.getByRole('button', { name: /^Rename / }).click();
    const name = shelf.getByRole('textbox', { name: /^Name of / });
    await expect(name).toBeFocused();
    await name.fill('The first');
    await name.press('Enter');
    await button(page, 'Duplicate The first').click();
    await expect(button(page, 'The first (copy)')).toBeVisible();
    await button(page, 'Delete The first (copy)').click();
    await button(page, 'Delete it').click();
    await expect(shelf.getByRole('listitem')).toHaveCount(1);
    await expect(button(page, 'The first')).toBeVisible();
    await closeShelf(page);
  });

  test('reloaded in the middle of a run: it is there to look at, goes on, and ends the same', async () => {
    await begin(page);
    await reach(page, 'train', 8);
    await page.reload();
    await expect(banner(page)).toContainText('Your session, kept in this browser, read-only.');
    await expect(banner(page)).toContainText('It broke off: it can go on from its last checkpoint.');
    const shown = await page.evaluate(() => window.pare.session());
    expect(shown.stages.at(-1)?.stage).toBe('train');
    expect(shown.points.map(({ tag }) => tag)).toEqual(['untuned-dense']);
    expect(await page.evaluate(() => window.pare.model())).toBeNull();
    await banner(page).getByRole('button', { name: 'Continue' }).click();
    await finished(page);
    expect(await outcomeOf(page)).toEqual(undisturbed);
    await expect(page.getByRole('complementary', { name: 'Recovery' })).toContainText(/Continued from/);
    await expect(banner(page)).toHaveCount(0);
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  test('reloaded after its end: its model comes back, to choose from, to ask and to export', async () => {
    await page.reload();
    // An address has losses to four digits.
    const losses = undisturbed.losses.map(({ step, loss }) => ({ step, loss: Number(loss.toPrecision(4)) }));
    expect(await outcomeOf(page)).toEqual({ ...undisturbed, losses });
    await banner(page).getByRole('button', { name: 'Continue' }).click();
    await expect(button(page, 'Export model')).toBeEnabled({ timeout: 120_000 });
    expect(await outcomeOf(page)).toEqual(undisturbed);
    const other = await page.evaluate(() => {
      const { points, chosen } = window.pare.session();
      return points.findIndex(({ genome, index }) => genome !== null && index !== chosen?.index);
    });
    await page.evaluate((index) => window.pare.choose(index), other);
    expect((await outcomeOf(page)).chosen).toMatchObject({ index: other, by: 'user' });
    await button(page, 'Answer').click();
    await expect(button(page, 'Answer')).toBeEnabled({ timeout: 120_000 });
    for (const name of ['Original', 'Chosen']) await expect(region(page, name)).toContainText(/\d/);
    const downloading = page.waitForEvent('download', { timeout: 120_000 });
    await button(page, 'Export model').click();
    expect(await unpack(await downloading)).toBeTruthy();
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  test('its file is shown at once elsewhere, verified, and continued', async ({ browser }) => {
    const downloading = page.waitForEvent('download');
    await button(page, 'Save session').click();
    const bytes = new Uint8Array(readFileSync(await (await downloading).path()));
    const mine = await outcomeOf(page);
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto('./?device=cpu');
    await drop(stranger, [{ path: 'sent.pare', bytes }]);
    await expect(banner(stranger)).toContainText('A saved session, read-only.');
    await expect(region(stranger, 'Results')).toContainText('LoNAS chosen');
    expect(await outcomeOf(stranger)).toEqual(mine);
    expect(await stranger.evaluate(() => window.pare.model())).toBeNull();
    await openDemoHere(stranger);
    await banner(stranger).getByRole('button', { name: 'Verify' }).click();
    await expectReproduced(stranger, 'Verification', 'Verified');
    await banner(stranger).getByRole('button', { name: 'Continue' }).click();
    await expect(button(stranger, 'Export model')).toBeEnabled({ timeout: 120_000 });
    expect(await outcomeOf(stranger)).toEqual(mine);
    await expect(stranger.getByRole('alert')).toHaveCount(0);
    await stranger.context().close();
  });

  test('its link is shown at once elsewhere, and reproduced', async ({ browser }) => {
    await button(page, 'Copy share link').click();
    await expect(page.getByLabel('Share link')).toBeVisible();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(await page.getByLabel('Share link').inputValue());
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(link);
    await expect(banner(stranger)).toContainText('A shared session, read-only.');
    expect((await outcomeOf(stranger)).points).toEqual((await outcomeOf(page)).points);
    await expect(button(stranger, 'Reproduce')).toHaveCount(0);
    await openDemoHere(stranger);
    await expect(button(stranger, 'Run this recipe here')).toHaveCount(0);
    await button(stranger, 'Reproduce').click();
    await expectReproduced(stranger);
    await button(stranger, 'Show the session').click();
    await drop(stranger, [{ path: 'others.jsonl', bytes: lines(opened) }]);
    await expect(button(stranger, 'Run this recipe here')).toBeVisible({ timeout: 60_000 });
    await expect(button(stranger, 'Reproduce')).toHaveCount(0);
    await button(stranger, 'Run this recipe here').click();
    await expect.poll(() => statusOf(stranger), { timeout: 120_000 }).toBe('running');
    const data = await stranger.evaluate(() => window.pare.session().data?.name);
    expect(data).toBe('others.jsonl');
    await button(stranger, 'Stop').click();
    await expect.poll(() => statusOf(stranger), { timeout: 120_000 }).toBe('stopped');
    await expect(stranger.getByRole('alert')).toHaveCount(0);
    await stranger.context().close();
  });

  test('two are compared', async () => {
    const shelf = await openShelf(page);
    await expect(shelf.getByRole('listitem')).toHaveCount(2);
    for (const box of await shelf.getByRole('checkbox').all()) await box.check();
    await button(page, 'Compare 2').click();
    await expect(region(page, 'Compare')).toContainText(
      'Nothing: the same model, data, device and recipe, seed included.',
    );
    await expect(page.getByRole('table', { name: 'What came out' }).getByRole('row')).toHaveCount(3);
    await button(page, 'Stop comparing').click();
    await closeShelf(page);
  });

  test('a second tab on the same session is told so, until the first is closed', async () => {
    const second = await home.newPage();
    await second.goto(page.url());
    await expect(banner(second)).toContainText('It is open in another tab');
    await expect(banner(second).getByRole('button', { name: 'Continue' })).toHaveCount(0);
    const shelf = await openShelf(second);
    await expect(shelf.getByRole('listitem').first()).toContainText('open in another tab');
    await expect(shelf.getByRole('button', { name: /^Continue / }).first()).toBeDisabled();
    await page.close();
    await expect(banner(second).getByRole('button', { name: 'Continue' })).toBeEnabled();
    await expect(shelf.getByRole('button', { name: /^Continue / }).first()).toBeEnabled();
  });
});

test('a recipe is in the address as soon as it is changed, and travels in it', async ({ page, browser }) => {
  await page.goto('./');
  await setField(page, 'Steps', 33);
  await expect.poll(() => new URL(page.url()).hash).toMatch(/^#r1\./);
  const recipe = await page.evaluate(() => window.pare.recipe());
  expect(recipe.training.steps).toBe(33);
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(page.url());
  expect(await stranger.evaluate(() => window.pare.recipe())).toEqual(recipe);
  await expect(region(stranger, 'Recipe').getByLabel('Steps', { exact: true })).toHaveValue('33');
  await button(stranger, 'Reset').click();
  await expect.poll(() => new URL(stranger.url()).hash).toBe('');
  await stranger.context().close();
});

const banner = (page: Page): Locator =>
  page.getByRole('complementary', { name: /^(Shared session|Kept session|Interrupted run|Earlier run)$/ });

async function openShelf(page: Page): Promise<Locator> {
  await button(page, 'Sessions').click();
  await expect(region(page, 'Library')).toBeFocused();
  return region(page, 'Library');
}

const closeShelf = (page: Page): Promise<void> => button(page, 'Close sessions').click();

/** Every sub-network of the front came out equal. */
async function expectReproduced(page: Page, name = 'Reproduction', verdict = 'Reproduced'): Promise<void> {
  const panel = region(page, name);
  const status = panel.getByRole('status');
  await expect(status).toHaveText(/^(?!The recipe is run again|Scoring )/, { timeout: 120_000 });
  await expect(status).toContainText(`${verdict} bit for bit`);
  const verdicts = await panel.getByRole('row').locator('td:last-child').allInnerTexts();
  expect(verdicts.length).toBeGreaterThan(0);
  expect(new Set(verdicts)).toEqual(new Set(['equal']));
}
