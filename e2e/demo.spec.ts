import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { violations } from './looking.ts';
import { button, finished, openDemo, pickFolder, region, runToEnd, shorten, unpack } from './studio.ts';

/** The main job, end to end on the embedded demo: one short LoNAS run, and all that a person does with it. */
test.describe.serial('the demo', () => {
  let page: Page;
  let link = '';

  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })).newPage();
  });
  test.afterAll(() => page.context().close());

  test('opens model and data, and shows what is needed before anything runs', async () => {
    await openDemo(page);
    await expect(region(page, 'Model')).toContainText('131 K');
    await expect(region(page, 'Recipe')).toContainText('Memory needed');
    await expect(region(page, 'Data')).toContainText('160 validation');
    await expectNoViolations(page);
  });

  test('pauses, resumes, and draws the front while it runs', async () => {
    await shorten(page, { steps: 240, evaluations: 120 });
    await button(page, 'Run').click();
    await expect(page.getByRole('progressbar', { name: /train/i })).toBeVisible({ timeout: 120_000 });
    await button(page, 'Pause').click();
    await expect(button(page, 'Resume')).toBeVisible();
    await expectNoViolations(page);
    await button(page, 'Resume').click();
    await expect(page.getByRole('progressbar', { name: /search/i })).toBeVisible({ timeout: 120_000 });
    const points = () => page.evaluate(() => window.pare.session().points.length);
    await expect.poll(points, { timeout: 120_000 }).toBeGreaterThan(5);
    const response = await page.evaluate(async () => {
      const began = performance.now();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - began;
    });
    test
      .info()
      .annotations.push({ type: 'main thread answered after', description: `${response.toFixed(0)} ms` });
    await finished(page);
  });

  test('marks the reference points and fills the table', async () => {
    const tags = await page.evaluate(() => window.pare.session().points.map(({ tag }) => tag));
    for (const tag of ['untuned-dense', 'heuristic', 'maximal', 'minimal', 'lora'])
      expect(tags).toContain(tag);
    for (const label of [
      'w/o tune',
      'LoRA',
      'LoNAS heuristic',
      'LoNAS minimal',
      'LoNAS best',
      'LoNAS chosen',
    ]) {
      await expect(region(page, 'Results')).toContainText(label);
    }
    const volumes = await page.evaluate(() =>
      window.pare.log().flatMap((event) => (event.type === 'generation' ? [event.hypervolume] : [])),
    );
    expect(volumes.length).toBeGreaterThan(0);
    expect([...volumes].sort((a, b) => a - b)).toEqual(volumes);
    await expectNoViolations(page);
  });

  test('another point is chosen by keyboard', async () => {
    const before = await page.evaluate(() => window.pare.session().chosen);
    const chart = region(page, 'Pareto front').locator('[tabindex="0"]').first();
    await chart.focus();
    for (const key of ['Home', 'ArrowRight', 'Enter']) await chart.press(key);
    await expect
      .poll(() => page.evaluate(() => window.pare.session().chosen), { timeout: 120_000 })
      .not.toEqual(before);
    await expect
      .poll(() => page.evaluate(() => window.pare.log().at(-1)?.type), { timeout: 120_000 })
      .toBe('chosen');
  });

  test('both models answer', async () => {
    await button(page, 'Answer').click();
    await expect(button(page, 'Answer')).toBeEnabled({ timeout: 120_000 });
    for (const name of ['Original', 'Chosen'])
      await expect(page.getByRole('region', { name, exact: true })).toContainText(/\d/);
  });

  test('the export opens again and answers the same', async ({ browser }) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'Export model').click(),
    ]);
    const folder = await unpack(download);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      intermediate_size: number;
    };
    expect(config.intermediate_size).toBeLessThanOrEqual(256);
    const answers = await answersTo(page);
    const other = await (await browser.newContext()).newPage();
    await other.goto('./');
    await pickFolder(other, folder);
    await expect(region(other, 'Model')).toContainText('Parameters', { timeout: 60_000 });
    await button(other, 'Use the demo data').click();
    await expect(region(other, 'Data')).toContainText('2,600', { timeout: 60_000 });
    await other.evaluate(() =>
      window.pare.setRecipe({
        training: { ...window.pare.recipe().training, steps: 0 },
        search: null,
        sparsity: null,
        elastic: null,
        method: 'lora',
        baseline: false,
        split: { validation: 8, test: 8 },
      }),
    );
    await runToEnd(other);
    // Untrained adapters add nothing: the re-opened model, asked the same, answers the same.
    const again = await answersTo(other);
    expect(again.map(({ original }) => original)).toEqual(answers.map(({ chosen }) => chosen));
    await other.context().close();
  });

  test('a link is copied', async () => {
    await button(page, 'Copy share link').click();
    link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain('#s1.');
    expect(link.length).toBeLessThan(8_000);
  });

  test('the link shows the session read-only in a fresh profile', async ({ browser }) => {
    const fresh = await (await browser.newContext()).newPage();
    await fresh.goto(link);
    await expect(region(fresh, 'Results')).toContainText('LoNAS chosen', { timeout: 30_000 });
    const [shared, here] = await Promise.all(
      [fresh, page].map((one) =>
        one.evaluate(() =>
          window.pare.session().points.map(({ genome, macs, score }) => ({ genome, macs, score })),
        ),
      ),
    );
    expect(shared).toEqual(here);
    await expect(button(fresh, 'Export model')).toBeDisabled();
    await expectNoViolations(fresh);
    await fresh.context().close();
  });
});

test('stops, and can run again', async ({ page }) => {
  await openDemo(page);
  await button(page, 'Run').click();
  await expect(page.getByRole('progressbar', { name: /train/i })).toBeVisible({ timeout: 120_000 });
  await button(page, 'Stop').click();
  await expect
    .poll(() => page.evaluate(() => window.pare.session().status), { timeout: 60_000 })
    .toBe('stopped');
  await page.getByRole('radio', { name: 'LoRA', exact: true }).check();
  await shorten2(page);
  await runToEnd(page);
  await expect(region(page, 'Results')).toContainText('LoRA');
});

const prompts = [
  'Tom has 27 stamps. He breaks 11 and earns 5. How many now?',
  'Zoe has 23 nuts. She breaks 6 and spends 15. How many now?',
  'Lea has 18 books. She picks 10 and spends 3. How many now?',
];

async function answersTo(page: Page): Promise<{ original: string; chosen: string }[]> {
  const answers = [];
  for (const prompt of prompts) answers.push(await page.evaluate((each) => window.pare.ask(each), prompt));
  return answers;
}

async function shorten2(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.pare.setRecipe({
      training: { ...window.pare.recipe().training, steps: 10 },
      split: { validation: 40, test: 40 },
    }),
  );
}

async function expectNoViolations(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}
