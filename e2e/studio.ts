import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, type Download, type Locator, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import type { Stage } from '../src/session/events.ts';
import type { Method } from '../src/session/recipe.ts';

/** What a person does in the studio, by the names that they see. */

export const region = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

/** On the device that the page takes by itself, a fast CPU where the GPU is one in software; or on the one asked for. */
export async function openDemo(page: Page, device?: 'webgpu' | 'cpu'): Promise<void> {
  await page.goto(device ? `./?device=${device}` : './');
  await openDemoHere(page);
}

export async function openDemoHere(page: Page): Promise<void> {
  await button(page, 'Use the demo model').click();
  await expect(region(page, 'Model')).toContainText('LlamaForCausalLM'.slice(0, 5), { timeout: 60_000 });
  await button(page, 'Use the demo data').click();
  await expect(region(page, 'Data')).toContainText('2,600', { timeout: 60_000 });
}

/** Types a number into a field of the recipe. */
export async function setField(page: Page, label: string, value: number): Promise<void> {
  const field = region(page, 'Recipe').getByLabel(label, { exact: true });
  await field.fill(String(value));
  await field.press('Tab');
}

/** A run that is short enough for a test: everything real, less of it. */
export async function shorten(
  page: Page,
  { steps, evaluations }: { steps: number; evaluations: number },
): Promise<void> {
  await setField(page, 'Steps', steps);
  await setField(page, 'Evaluations', evaluations);
}

export async function runToEnd(page: Page): Promise<void> {
  const date = () => page.evaluate(() => window.pare.session().date);
  const before = await date();
  await button(page, 'Run').click();
  // Until the new run begins, the page still says of an earlier one that it is finished.
  await expect.poll(date, { timeout: 60_000 }).not.toBe(before);
  await finished(page);
}

/** Drops files on the page, as from a file manager. */
export async function drop(page: Page, files: { path: string; bytes: Uint8Array }[]): Promise<void> {
  const encoded = files.map(({ path, bytes }) => ({
    name: path.split('/').at(-1)!,
    base64: Buffer.from(bytes).toString('base64'),
  }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, base64 } of list)
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    return data;
  }, encoded);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

export const fileOf = (path: string) => ({ path, bytes: new Uint8Array(readFileSync(path)) });

/** Unpacks an exported zip into a folder of its own; gives the path of the model folder inside. */
export async function unpack(download: Download): Promise<string> {
  const target = mkdtempSync(join(tmpdir(), 'pare-export-'));
  const entries = Object.entries(unzipSync(new Uint8Array(readFileSync(await download.path()))));
  for (const [name, bytes] of entries) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), bytes);
  }
  return join(target, entries[0]![0].split('/')[0]!);
}

/** Opens a folder with the Model panel's folder picker. */
export async function pickFolder(page: Page, folder: string): Promise<void> {
  const input = region(page, 'Model').locator('input[webkitdirectory]');
  // While another model is being read, nothing is taken.
  await expect(input).toBeEnabled({ timeout: 60_000 });
  await input.setInputFiles(folder);
}

/** Opens an export as a person does with what was downloaded and unpacked: the folder, its adapter's included. */
export async function openExport(page: Page, folder: string): Promise<void> {
  await pickFolder(page, folder);
}

/** The alert that names a problem and its remedy. */
export async function expectAlert(page: Page, text: RegExp): Promise<void> {
  await expect(page.getByRole('alert').filter({ hasText: text }).first()).toBeVisible({ timeout: 60_000 });
}

/** Two seconds or so of training and of search on the CPU: something can come between. */
export const long = { steps: 240, evaluations: 48 } as const;

/** A recipe for a run of seconds that goes through every stage. */
export async function setShortRecipe(
  page: Page,
  {
    method = 'lonas',
    steps = 8,
    evaluations = 6,
    seed = 7,
    calibration = 8,
    test = 8,
  }: {
    method?: Method;
    steps?: number;
    evaluations?: number;
    seed?: number;
    calibration?: number;
    test?: number;
  } = {},
): Promise<void> {
  await page.evaluate(
    ([chosen, length, scored, random, sequences, tests]) => {
      window.pare.chooseMethod(chosen);
      const { training, search, sparsity } = window.pare.recipe();
      window.pare.setRecipe({
        seed: random,
        split: { validation: 8, test: tests },
        training: { ...training, steps: length, batch: 2 },
        search: search && { ...search, evaluations: scored, population: 3 },
        sparsity: sparsity && { ...sparsity, calibration: sequences },
        baseline: false,
      });
    },
    [method, steps, evaluations, seed, calibration, test] as const,
  );
}

/** What a run came to: all but times, measured speed, and how often it was interrupted. */
export const outcomeOf = (page: Page) =>
  page.evaluate(() => {
    const { status, losses, points, front, hypervolume, chosen, results } = window.pare.session();
    const rows = results.map((row) => ({ ...row, speedup: null }));
    return { status, losses, points, front, hypervolume, chosen, results: rows };
  });

export const statusOf = (page: Page) => page.evaluate(() => window.pare.session().status);

/** Presses Run, and waits until the new run has begun. */
export async function begin(page: Page): Promise<void> {
  const date = () => page.evaluate(() => window.pare.session().date);
  const before = await date();
  await button(page, 'Run').click();
  // Often, so that whoever waits for a moment of the run does not come too late.
  await expect.poll(date, { timeout: 120_000, intervals: [20] }).not.toBe(before);
}

/** Waits until the run ends, which it must do well. */
export async function finished(page: Page): Promise<void> {
  const says = (text: RegExp) => region(page, 'Run').getByRole('status').filter({ hasText: text });
  await expect(says(/\b(Finished|Failed|Stopped)/)).toBeVisible({ timeout: 150_000 });
  await expect(says(/\bFinished/)).toBeVisible();
}

/** Waits until a run has done so much of a stage; one that is further already fails the test at once. */
export const reach = (page: Page, stage: Stage, least = 1): Promise<void> =>
  expect
    .poll(
      () =>
        page.evaluate((wanted) => {
          const { stages, status } = window.pare.session();
          const latest = stages.at(-1);
          if (latest?.stage === wanted) return latest.done;
          const gone = stages.some(({ stage: each, done, total }) => each === wanted && done === total);
          if (gone || status !== 'running') throw new Error(`${wanted} is over: ${latest?.stage}, ${status}`);
          return -1;
        }, stage),
      { timeout: 120_000, intervals: [20] },
    )
    .toBeGreaterThanOrEqual(least);
