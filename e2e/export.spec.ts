import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { ExportFormat } from '../src/exporters/exporter.ts';
import {
  button,
  expectAlert,
  openDemo,
  pickFolder,
  region,
  runToEnd,
  setShortRecipe,
  unpack,
} from './studio.ts';

const expected: { format: ExportFormat; label: string; file: string; form: RegExp | null }[] = [
  { format: 'compressed-tensors', label: 'compressed-tensors INT4', file: 'model.safetensors', form: /INT4/ },
  { format: 'hf', label: 'Hugging Face', file: 'adapter/adapter_config.json', form: /F16.*50 % sparse/ },
  { format: 'peft', label: 'PEFT adapter', file: 'adapter_model.safetensors', form: null },
  { format: 'gptq', label: 'GPTQ v2 INT4', file: 'quantize_config.json', form: /INT4/ },
  { format: 'onnx', label: 'ONNX', file: 'onnx/model_q4.onnx', form: null },
  { format: 'gguf', label: 'GGUF', file: 'adapter.gguf', form: /INT4/ },
];

/** One INT4 run with its adapter beside it, which every format has a form for. */
test.describe.serial('the formats of an export', () => {
  let page: Page;
  let stranger: Page;
  const folders = new Map<ExportFormat, string>();

  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    stranger = await browser.newPage();
    await stranger.goto('./');
    await openDemo(page);
    await setShortRecipe(page, { method: 'sqft' });
    await runToEnd(page);
  });
  test.afterAll(() => {
    for (const folder of folders.values()) rmSync(join(folder, '..'), { recursive: true });
  });

  for (const { format, label, file, form } of expected) {
    test(`${label}: chosen, proved, saved${form ? ', and opened again' : ''}`, async () => {
      const group = page.getByRole('radiogroup', { name: 'Format', exact: true });
      if (format === 'compressed-tensors')
        await expect(group.getByRole('radio', { name: label, exact: true })).toBeChecked();
      else await group.getByRole('radio', { name: label, exact: true }).check();
      await expect(page.getByRole('list', { name: `Before you save ${label}` })).toContainText(/\w/);
      const [download] = await Promise.all([
        page.waitForEvent('download', { timeout: 120_000 }),
        button(page, 'Export model').click(),
      ]);
      const folder = await unpack(download);
      folders.set(format, folder);
      expect(existsSync(join(folder, file)), readdirSync(folder).join()).toBe(true);
      expect(existsSync(join(folder, 'README.md'))).toBe(true);
      const proof = await page.evaluate(() => window.pare.session().proof);
      expect(proof).toMatchObject({ holds: true, format });
      if (!form) return;
      await pickFolder(stranger, folder);
      await expect(nameOf(stranger)).toHaveText(basename(folder), { timeout: 60_000 });
      await expect(region(stranger, 'Model')).toContainText(form);
    });
  }

  test('the adapter alone belongs on the base of the same run', async () => {
    const both = mkdtempSync(join(tmpdir(), 'pare-base-and-adapter-'));
    const target = join(both, 'together');
    cpSync(folders.get('gptq')!, target, { recursive: true });
    rmSync(join(target, 'adapter'), { recursive: true });
    mkdirSync(join(target, 'adapter'));
    for (const file of readdirSync(folders.get('peft')!).filter((name) => name.startsWith('adapter_')))
      cpSync(join(folders.get('peft')!, file), join(target, 'adapter', file));
    await pickFolder(stranger, target);
    const panel = region(stranger, 'Model');
    await expect(nameOf(stranger)).toHaveText('together', { timeout: 60_000 });
    await expect(panel.getByText('With adapter')).toHaveCount(1);
    rmSync(both, { recursive: true });
  });

  test('a format that cannot hold the model says why, on the page and to a script', async () => {
    await setShortRecipe(page, { method: 'lonas', steps: 4 });
    await runToEnd(page);
    const gptq = page.getByRole('radio', { name: 'GPTQ v2 INT4', exact: true });
    await expect(gptq).toBeDisabled();
    await expect(gptq).toHaveAccessibleDescription(/INT4 weights only. Choose a recipe with INT4/);
    await page.evaluate(() => window.pare.exportModel('gptq'));
    await expectAlert(page, /GPTQ v2 INT4: It holds INT4 weights only\. Choose a recipe with INT4/);
  });

  test('the choice fits a phone, and goes by keyboard', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const group = page.getByRole('radiogroup', { name: 'Format', exact: true });
    await group.scrollIntoViewIfNeeded();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    await group.getByRole('radio', { name: 'Hugging Face', exact: true }).focus();
    await page.keyboard.press('ArrowDown');
    await expect(group.getByRole('radio', { name: 'ONNX', exact: true })).toBeChecked();
  });
});

/** Of the model that is open, not of one that is being read. */
const nameOf = (page: Page) => region(page, 'Model').locator('.source-name');
