import { expect, test, type Page } from '@playwright/test';
import { button, drop, expectAlert, openDemo, region } from './studio.ts';

/** Bad input gives a clear alert, and what was loaded stays. */

const text = (value: string) => new TextEncoder().encode(value);
const config = {
  model_type: 'llama',
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  vocab_size: 16,
  tie_word_embeddings: true,
};

function safetensors(header: unknown, data = new Uint8Array()): Uint8Array {
  const json = text(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const cases: { name: string; files: { path: string; bytes: Uint8Array }[]; alert: RegExp }[] = [
  {
    name: 'weights without a config',
    files: [{ path: 'model.safetensors', bytes: safetensors({}) }],
    alert: /config\.json/,
  },
  {
    name: 'an unknown architecture',
    files: [
      { path: 'config.json', bytes: text(JSON.stringify({ ...config, model_type: 'mamba' })) },
      { path: 'model.safetensors', bytes: safetensors({}) },
    ],
    alert: /mamba/,
  },
  {
    name: 'offsets out of range',
    files: [
      { path: 'config.json', bytes: text(JSON.stringify(config)) },
      {
        path: 'model.safetensors',
        bytes: safetensors({
          'model.embed_tokens.weight': { dtype: 'F32', shape: [16, 8], data_offsets: [0, 512] },
        }),
      },
    ],
    alert: /model\.safetensors/,
  },
  {
    name: 'a header of 2⁶³ bytes',
    files: [
      { path: 'config.json', bytes: text(JSON.stringify(config)) },
      { path: 'model.safetensors', bytes: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0x80, 1, 2]) },
    ],
    alert: /header/i,
  },
  { name: 'an empty data file', files: [{ path: 'data.jsonl', bytes: text('') }], alert: /empty/ },
  {
    name: 'a malformed line',
    files: [{ path: 'data.jsonl', bytes: text('{"question":"1","answer":"2"}\n{"question":') }],
    alert: /line 2/,
  },
];

test('each is refused by name, and the demo stays open', async ({ page }) => {
  await openDemo(page);
  for (const { name, files, alert } of cases) {
    await test.step(name, async () => {
      await dismissAll(page);
      await drop(page, files);
      await expectAlert(page, alert);
      await expect(region(page, 'Model')).toContainText('131 K');
      await expect(region(page, 'Data')).toContainText('2,600');
    });
  }
  await expect(button(page, 'Run')).toBeEnabled();
});

test('a broken and a hostile link say so', async ({ page }) => {
  for (const [fragment, alert] of [
    ['#s1.AAAA', /link/i],
    ['#s9.abc', /link/i],
    [`#s1.${'A'.repeat(70_000)}`, /link/i],
  ] as const) {
    await page.goto('about:blank');
    await page.goto(`./${fragment}`);
    await expectAlert(page, alert);
  }
});

test('without WebGPU the CPU takes over and says so', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }));
  // Workers have a navigator of their own: take the GPU from it before the studio's code runs.
  await page.route('**/studio.worker*.js', async (route) => {
    const response = await route.fetch();
    const body = `Object.defineProperty(WorkerNavigator.prototype,'gpu',{get:()=>undefined});\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  await openDemo(page);
  await expect(page.getByText(/without a GPU|CPU/).first()).toBeVisible();
  await page.evaluate(() => {
    const { training, search } = window.pare.recipe();
    window.pare.setRecipe({
      training: { ...training, steps: 2 },
      split: { validation: 8, test: 8 },
      search: search && { ...search, evaluations: 4, population: 4 },
      baseline: false,
    });
  });
  await button(page, 'Run').click();
  await expect
    .poll(() => page.evaluate(() => window.pare.session().status), { timeout: 300_000 })
    .toBe('finished');
});

async function dismissAll(page: Page): Promise<void> {
  for (const dismiss of await page.getByRole('alert').getByRole('button').all()) await dismiss.click();
}
