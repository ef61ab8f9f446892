import { basename } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { Method, Recipe } from '../src/session/recipe.ts';
import type { ModelSummary } from '../src/workers/studio.protocol.ts';
import { lines, opened, saveLines, unseen } from './problems.ts';
import { pare } from './runner.ts';
import { button, drop, fileOf, openExport, region, runToEnd, setField, unpack } from './studio.ts';

/**
 * A short run of the recipe that removes blocks and of the one that ships INT4 only, each to what a stranger would ask for: the downloaded model, opened in
 * another browser profile and by the headless runner, has the accuracy that the page measured, on the same examples.
 * Those are a file of their own that nothing is trained or searched with, so that all three read the very same ones.
 * Less is pruned than the presets do: so few steps could not win half of the weights back, and zeros are easily equal.
 */
const short = {
  validation: 40,
  test: unseen.length,
  steps: 12,
  evaluations: 6,
  population: 4,
  calibration: 16,
  sparsity: 0.3,
};

interface Expected {
  method: Method;
  /** As the Recipe panel calls it. */
  label: string;
  /** The model's form, as the Model panel says it when the export is opened. */
  form: RegExp;
  /** Set where the weights under a mask must be zero in the file. */
  sparse: boolean;
  int4: boolean;
  adapter: boolean;
}

const recipes: Expected[] = [
  { method: 'lonas-plus', label: 'LoNAS+', form: /dense/, sparse: false, int4: false, adapter: false },
  {
    method: 'sqft-qa-sparsepeft',
    label: 'SQFT + QA-SparsePEFT',
    form: /INT4, group 64, 3\d % sparse/,
    sparse: true,
    int4: true,
    adapter: false,
  },
];

test.describe.serial('the recipes', () => {
  let page: Page;
  let stranger: Page;
  let unseenFile = '';
  let zip = '';

  test.beforeAll(async ({ browser }) => {
    unseenFile = saveLines(test.info().outputPath('unseen.jsonl'), unseen);
    page = await (await browser.newContext()).newPage();
    await page.goto('./');
    await button(page, 'Use the demo model').click();
    await expect(region(page, 'Model')).toContainText('131 K', { timeout: 60_000 });
    await drop(page, [{ path: 'problems.jsonl', bytes: lines(opened) }]);
    await expect(region(page, 'Data')).toContainText('1,200', { timeout: 60_000 });
    stranger = await (await browser.newContext()).newPage();
    await stranger.goto('./');
    await drop(stranger, [{ path: 'unseen.jsonl', bytes: lines(unseen) }]);
    await expect(region(stranger, 'Data')).toContainText(String(unseen.length), { timeout: 60_000 });
  });
  test.afterAll(async () => {
    await page.context().close();
    await stranger.context().close();
  });

  test('a test set is added', async () => {
    await region(page, 'Data').getByLabel('Add a test set', { exact: true }).setInputFiles(unseenFile);
    await expect(page.getByRole('list', { name: 'Test sets' })).toContainText('unseen.jsonl', {
      timeout: 60_000,
    });
  });

  for (const expected of recipes) {
    const { method, label } = expected;
    test(`${label}: the exported model is the one that was measured`, async () => {
      await page.getByRole('radio', { name: label, exact: true }).check();
      await (method === 'sqft-qa-sparsepeft' ? shortenByHand(page) : shortenByScript(page));
      await runToEnd(page);
      const measured = await chosenOn(page, 'unseen.jsonl');
      test.info().annotations.push({ type: 'accuracy on unseen.jsonl', description: percent(measured) });
      // Where nothing is answered, everything is equal.
      expect(measured).toBeGreaterThan(0);
      const results = page.getByRole('table', { name: 'Results data' });
      await expect(results.getByRole('columnheader', { name: 'unseen.jsonl' })).toBeVisible();
      const row = results.getByRole('row', { name: `${label} chosen` });
      await expect(row.getByRole('cell').nth(1)).toHaveText(percent(measured));

      const [download] = await Promise.all([
        page.waitForEvent('download', { timeout: 120_000 }),
        button(page, 'Export model').click(),
      ]);
      await expectProof(page, expected);

      zip = test.info().outputPath(download.suggestedFilename());
      await download.saveAs(zip);
      const folder = await unpack(download);
      await openExport(stranger, folder);
      const panel = region(stranger, 'Model');
      await expect(panel).toContainText(basename(folder), { timeout: 60_000 });
      await expect(panel.getByText(expected.form)).toBeVisible();
      await expect(panel.getByText('With adapter')).toHaveCount(expected.adapter ? 1 : 0);
      const score = region(stranger, 'Data').getByRole('status');
      await expect(score).toHaveCount(0);
      await button(stranger, 'Score the model as it is').click();
      await expect(score).toContainText(`Exact match ${percent(measured)} · ${unseen.length} examples`, {
        timeout: 120_000,
      });
      await expectSameHeadless(folder, unseenFile, measured, (await summaryOf(stranger))!);
    });
  }

  test('the zip opens as it was downloaded', async () => {
    await button(stranger, 'Use the demo model').click();
    await expect(region(stranger, 'Model')).not.toContainText(basename(zip, '.zip'), { timeout: 60_000 });
    await drop(stranger, [fileOf(zip)]);
    await expect(region(stranger, 'Model')).toContainText(basename(zip, '.zip'), { timeout: 60_000 });
  });

  test('an INT4 export cannot start LoNAS, and says what it can', async () => {
    await stranger.getByRole('radio', { name: 'LoNAS', exact: true }).check();
    await stranger.evaluate(() => {
      window.pare.setRecipe({ split: { validation: 8, test: 8 } });
    });
    await expect(region(stranger, 'Recipe')).toContainText(
      /INT4 model, and LoNAS needs floating-point weights.*Choose SQFT/,
      { timeout: 60_000 },
    );
    await expect(button(stranger, 'Run')).toBeDisabled();
    await expect(region(stranger, 'Model')).toContainText('INT4');
  });

  test('two seeds are two runs, and one row with its mean and deviation', async () => {
    await page.getByRole('radio', { name: 'LoRA', exact: true }).check();
    await shortenByScript(page, { ...short, validation: 10, test: 20, steps: 6 });
    const runs = () => page.evaluate(() => window.pare.runs().length);
    const before = await runs();
    const seeds = region(page, 'Run').getByLabel('Seeds', { exact: true });
    await seeds.fill('2');
    await seeds.press('Tab');
    await button(page, 'Run').click();
    await expect.poll(runs, { timeout: 120_000 }).toBe(before + 2);
    await expect(button(page, 'Run')).toBeVisible({ timeout: 60_000 });
    const views = await page.evaluate(() => window.pare.runs().map(({ view }) => view));
    expect(views.slice(0, 2).map(({ recipe, status }) => [recipe?.seed, status])).toEqual([
      [1, 'finished'],
      [0, 'finished'],
    ]);

    await region(page, 'Results')
      .getByRole('radio', { name: /All runs/ })
      .check();
    const list = page.getByRole('list', { name: 'Runs of this session' });
    await expect(list.getByRole('listitem')).toHaveCount(before + 2);
    await expect(list).toContainText('LoRA · seed 0');
    await expect(list).toContainText('LoRA · seed 1');
    const scores = views.slice(0, 2).map((view) => {
      const row = view.results.find(({ tag }) => tag === 'chosen')!;
      return [row.score, row.tests[0]!.score] as const;
    });
    const table = page.getByRole('table', { name: /Results of all runs/ });
    const row = table.getByRole('row', { name: 'LoRA', exact: false }).filter({
      has: page.getByRole('rowheader', { name: 'LoRA', exact: true }),
    });
    const cells = await row.getByRole('cell').allTextContents();
    expect(cells[0]).toBe('2');
    expect(cells[1]).toContain(meanAndDeviation(scores.map(([own]) => own)));
    expect(cells[2]).toContain(meanAndDeviation(scores.map(([, further]) => further)));
  });
});

/** As `percent` of the page writes it: one decimal. */
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

function meanAndDeviation([a, b]: readonly number[]): string {
  const mean = (a! + b!) / 2;
  const deviation = Math.abs(a! - b!) / Math.SQRT2;
  return `${(mean * 100).toFixed(1)} ± ${(deviation * 100).toFixed(1)} %`;
}

async function shortenByScript(page: Page, to = short): Promise<void> {
  await page.evaluate((sizes) => {
    const { training, search, sparsity, quantization } = window.pare.recipe();
    window.pare.setRecipe({
      split: { validation: sizes.validation, test: sizes.test },
      training: { ...training, steps: sizes.steps },
      search: search && { ...search, evaluations: sizes.evaluations, population: sizes.population },
      sparsity: sparsity && { ...sparsity, ratio: sizes.sparsity, calibration: sizes.calibration },
      quantization: quantization && { ...quantization, calibration: sizes.calibration },
      baseline: false,
    });
  }, to);
}

/** The same with the controls of the panel; what they make of it is then compared with the script's way. */
async function shortenByHand(page: Page): Promise<void> {
  const panel = region(page, 'Recipe');
  await panel.getByText('Advanced', { exact: true }).click();
  await setField(page, 'Sparsity', 100 * short.sparsity);
  await setField(page, 'Steps', short.steps);
  await setField(page, 'Population', short.population);
  await setField(page, 'Evaluations', short.evaluations);
  await setField(page, 'Validation', short.validation);
  await setField(page, 'Test', short.test);
  await setField(page, 'Calibration', short.calibration);
  await setField(page, 'GPTQ examples', short.calibration);
  await panel.getByLabel('Train plain LoRA as well, to compare').uncheck();
  await panel.getByText('Advanced', { exact: true }).click();
  const recipe: Recipe = await page.evaluate(() => window.pare.recipe());
  expect(recipe).toMatchObject({
    split: { validation: short.validation, test: short.test },
    training: { steps: short.steps },
    search: { evaluations: short.evaluations, population: short.population },
    sparsity: { method: 'wanda', ratio: short.sparsity, calibration: short.calibration },
    quantization: { method: 'gptq', group: 64, calibration: short.calibration },
    baseline: false,
  });
}

/** What the run measured of its chosen model on a further test set, all of it. */
async function chosenOn(page: Page, name: string): Promise<number> {
  const rows = await page.evaluate(() => window.pare.session().results);
  const { score, examples } = rows
    .find(({ tag }) => tag === 'chosen')!
    .tests.find((each) => each.name === name)!;
  expect(examples).toBe(unseen.length);
  return score;
}

/** The row below the results: that the files compute what was trained, that zeros are zeros and codes the same codes. */
async function expectProof(page: Page, { sparse, int4 }: Expected): Promise<void> {
  const line = page.getByRole('table', { name: 'Results data' }).getByText('Proof of merge: logits equal');
  await expect(line).toBeVisible();
  const text = (await line.textContent())!;
  expect(/([\d,]+) of \1 masked weights exactly zero/.test(text), text).toBe(sparse);
  expect(/([\d,]+) of \1 codes equal/.test(text), text).toBe(int4);
  const proof = await page.evaluate(() => window.pare.session().proof!);
  expect(proof.holds).toBe(true);
  expect(proof.logitError).toBeLessThanOrEqual(proof.bound);
  if (sparse) expect(proof.maskedWeights).toBeGreaterThan(30_000);
  if (int4) expect(proof.codes).toEqual({ compared: 122_880, equal: 122_880 });
}

const summaryOf = (page: Page): Promise<ModelSummary | null> => page.evaluate(() => window.pare.model());

async function expectSameHeadless(
  folder: string,
  data: string,
  accuracy: number,
  { macsPerToken, modules }: ModelSummary,
): Promise<void> {
  expect(await pare('eval', folder, '--data', data, '--task', 'exact')).toMatchObject({
    accuracy,
    examples: unseen.length,
  });
  expect(await pare('inspect', folder)).toMatchObject({
    macsPerToken,
    modules: modules.map(({ name, shape }) => ({ name, shape })),
  });
}
