import { readFileSync, readdirSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import type { HubContent } from '../src/hub/hub-server.testing.ts';
import { startHub } from './hub-server.ts';
import { button, region } from './studio.ts';

const demo = 'public/demo/model';
const files = (): Record<string, HubContent> =>
  Object.fromEntries(
    readdirSync(demo).map((name) => [
      name,
      { bytes: new Uint8Array(readFileSync(`${demo}/${name}`)), large: name.endsWith('.safetensors') },
    ]),
  );

/** Opens the part of a panel that is about the hub, and looks a name up. */
async function lookUp(page: Page, panel: 'Model' | 'Data', name: string): Promise<void> {
  const hub = region(page, panel);
  const field = hub.getByLabel(panel === 'Model' ? 'Model on the hub' : 'Data set on the hub');
  if (!(await field.isVisible())) await hub.getByText('From the Hugging Face hub').click();
  await field.fill(name);
  await field.press('Enter');
}

test('a name becomes a model, which opens again when the hub is gone', async ({ page, context }) => {
  const { server, network } = await startHub(context);
  server.commit('models', 'pare/sums', files());
  const model = region(page, 'Model');
  await page.goto('./');
  await lookUp(page, 'Model', 'https://huggingface.co/pare/sums');
  const offer = page.getByRole('group', { name: 'pare/sums on the hub' });
  await expect(offer).toContainText('5 files');
  // Nothing but the listing has been asked for so far.
  expect(server.downloads()).toEqual([]);
  await offer.getByRole('button', { name: /^Download \d/ }).click();
  await expect(model).toContainText('131 K', { timeout: 60_000 });
  expect(server.downloads('cdn')).toHaveLength(1);
  expect(await page.evaluate(() => window.pare.model()?.name)).toBe('sums');

  network.open = false;
  await server.stop();
  await page.reload();
  await expect(button(page, 'Use the demo model')).toBeVisible();
  const before = network.asked.length;
  await model.getByText('From the Hugging Face hub').click();
  await model.getByRole('button', { name: /^Open pare\/sums/ }).click();
  await expect(model).toContainText('131 K', { timeout: 60_000 });
  expect(network.asked.slice(before)).toEqual([]);
  // By its name it opens as well, and the page says that it is a copy.
  await lookUp(page, 'Model', 'pare/sums');
  await expect(page.getByText(/cannot be reached.*downloaded before is offered/)).toBeVisible();
  await model.getByRole('button', { name: 'Open the download' }).click();
  await expect(model.getByRole('button', { name: 'Open the download' })).toBeHidden({ timeout: 60_000 });

  await model.getByRole('button', { name: /^Delete pare\/sums/ }).click();
  await model.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(model.getByRole('list', { name: 'Downloads' })).toBeHidden();
  expect(await page.evaluate(() => window.pare.downloads())).toEqual([]);
});

test('a broken download goes on after the tab was closed, a file of a data set is chosen', async ({
  page,
  context,
}) => {
  const { server, network } = await startHub(context);
  server.commit('models', 'pare/sums', files());
  const lines = new TextEncoder().encode('{"question":"1 + 1?","answer":"2"}\n'.repeat(50));
  server.commit('datasets', 'pare/words', {
    'test.jsonl': { bytes: lines.subarray(0, 350) },
    'train.jsonl': { bytes: lines },
  });
  // The small files come, the weights do not.
  server.fault = ({ host }) => (host === 'cdn' ? { hang: true } : null);
  await page.goto('./');
  await lookUp(page, 'Model', 'pare/sums');
  const model = region(page, 'Model');
  await model.getByRole('button', { name: /^Download \d/ }).click();
  await expect(model.getByRole('progressbar', { name: 'Download of pare/sums' })).toBeVisible();
  await expect.poll(() => server.downloads('cdn').length).toBe(1);
  await model.getByRole('button', { name: 'Cancel download' }).click();
  server.fault = ({ host }) => (host === 'cdn' ? { status: 503 } : null);
  await model.getByRole('button', { name: /^Resume pare\/sums/ }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'status 503' })).toBeVisible({ timeout: 60_000 });

  server.fault = () => null;
  await page.reload();
  const fetched = server.downloads().length;
  await model.getByText('From the Hugging Face hub').click();
  await model.getByRole('button', { name: /^Resume pare\/sums/ }).click();
  await expect(model).toContainText('131 K', { timeout: 60_000 });
  expect(
    server
      .downloads()
      .slice(fetched)
      .map(({ path }) => path.split('/').at(-1)),
  ).toEqual(['model.safetensors']);

  await lookUp(page, 'Data', 'pare/words');
  const data = region(page, 'Data');
  await expect(data.getByLabel('File', { exact: true }).last()).toContainText('train.jsonl');
  await data.getByRole('button', { name: /^Download \d/ }).click();
  await expect(data).toContainText('50', { timeout: 60_000 });
  expect(await page.evaluate(() => window.pare.data()?.examples)).toBe(50);

  // What the hub refuses is said in words, and a token goes nowhere but to the hub.
  server.commit('models', 'pare/secret', files());
  server.restrict('models', 'pare/secret', 'private');
  await lookUp(page, 'Model', 'pare/secret');
  await expect(page.getByRole('alert').filter({ hasText: 'access token' })).toBeVisible();
  await model.getByText('Private or gated?').click();
  await model.getByLabel('Access token').fill('hf_letmein');
  await lookUp(page, 'Model', 'pare/secret');
  await expect(page.getByRole('group', { name: 'pare/secret on the hub' })).toBeVisible();
  expect(server.downloads('cdn').every(({ token }) => token === null)).toBe(true);
  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
  );
  expect(stored).not.toContain('hf_letmein');
  network.open = false;
});

test('a look-up that nobody answers is cancelled', async ({ page, context }) => {
  const { server } = await startHub(context);
  server.commit('models', 'pare/sums', files());
  server.fault = () => ({ silent: true });
  await page.goto('./');
  await lookUp(page, 'Model', 'pare/sums');
  const model = region(page, 'Model');
  await expect(model.getByText('Looking up pare/sums…')).toBeVisible();
  await model.getByRole('button', { name: 'Cancel look-up' }).click();
  await expect(model.getByText('Looking up pare/sums…')).toBeHidden();
  await expect(page.getByRole('alert')).toBeHidden();
  server.fault = () => null;
  await lookUp(page, 'Model', 'pare/sums');
  await expect(page.getByRole('group', { name: 'pare/sums on the hub' })).toBeVisible();
});

test('a download whose record is broken is shown with its size, and deleted', async ({ page, context }) => {
  await startHub(context);
  await page.goto('./');
  await page.evaluate(async () => {
    let folder = await navigator.storage.getDirectory();
    for (const name of ['pare', 'hub', 'a'.repeat(32)])
      folder = await folder.getDirectoryHandle(name, { create: true });
    const file = await folder.getFileHandle('about.json', { create: true });
    const writable = await file.createWritable();
    await writable.write('{');
    await writable.close();
  });
  const model = region(page, 'Model');
  await model.getByText('From the Hugging Face hub').click();
  await expect(model.getByRole('list', { name: 'Downloads' })).toContainText('Damaged download aaaaaaa');
  await model.getByRole('button', { name: 'Delete damaged download aaaaaaa' }).click();
  await model.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(model.getByRole('list', { name: 'Downloads' })).toBeHidden();
});
