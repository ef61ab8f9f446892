import { expect, test, type Page } from '@playwright/test';
import { button, drop, expectAlert, fileOf, openDemo, region, setField } from './studio.ts';

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

const recipeFiles: { name: string; change: (recipe: Loose) => unknown; alert: RegExp }[] = [
  {
    name: 'an unknown field',
    change: (recipe) => ({ ...recipe, training: { ...recipe.training, momentum: 0.9 } }),
    alert: /training has no field “momentum”/,
  },
  {
    name: 'an impossible group',
    change: (recipe) => ({ ...recipe, quantization: { ...recipe.quantization, group: 100 } }),
    alert: /quantization\.group must be 32, 64 or 128, not 100/,
  },
  {
    name: 'more than everything pruned',
    change: (recipe) => ({ ...recipe, sparsity: { ...recipe.sparsity, ratio: 1.5 } }),
    alert: /sparsity\.ratio must be less than 1, not 1\.5/,
  },
  {
    name: 'a merge that dropout would spoil',
    change: (recipe) => ({ ...recipe, adapter: { ...recipe.adapter, dropout: 0.1 } }),
    alert: /adapter\.dropout: SQFT \+ QA-SparsePEFT merges what training saw, so dropout must be 0/,
  },
  { name: 'no object', change: () => [1, 2], alert: /must be of type object/ },
];
type Loose = Record<string, Record<string, unknown>>;

test('a bad recipe file is refused by field, with a remedy, and the recipe stays', async ({ page }) => {
  await page.goto('./');
  await page.getByRole('radio', { name: 'SQFT + QA-SparsePEFT', exact: true }).check();
  const recipe = () => page.evaluate(() => window.pare.recipe());
  const before = await recipe();
  const importing = region(page, 'Recipe').getByLabel('Import recipe', { exact: true });
  const take = (content: string) =>
    importing.setInputFiles({
      name: 'mine.recipe.json',
      mimeType: 'application/json',
      buffer: Buffer.from(content),
    });
  for (const { name, change, alert } of recipeFiles) {
    await test.step(name, async () => {
      await dismissAll(page);
      await take(JSON.stringify(change(before as unknown as Loose)));
      await expectAlert(page, alert);
      await expectAlert(page, /correct it and choose it again/);
      expect(await recipe()).toEqual(before);
    });
  }
  await dismissAll(page);
  await take('{ "version": 1,');
  await expectAlert(page, /not readable JSON/);
  expect(await recipe()).toEqual(before);
  await dismissAll(page);
  await take(JSON.stringify({ ...before, seed: 5 }));
  await expect.poll(async () => (await recipe()).seed).toBe(5);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a field says what it can hold, and keeps what it held', async ({ page }) => {
  await page.goto('./');
  await page.getByRole('radio', { name: 'SQFT + QA-SparsePEFT', exact: true }).check();
  const panel = region(page, 'Recipe');
  await setField(page, 'Sparsity', 150);
  await expect(panel.getByText('From 0 to 99 %.')).toBeVisible();
  await expect(panel.getByLabel('Sparsity', { exact: true })).toHaveValue('50');
  await panel.getByText('Advanced', { exact: true }).click();
  await setField(page, 'Dropout', 10);
  await expect(panel.getByText(/merges what training saw, so dropout must be 0/)).toBeVisible();
  const { sparsity, adapter } = await page.evaluate(() => window.pare.recipe());
  expect([sparsity?.ratio, adapter.dropout]).toEqual([0.5, 0]);
});

test('groups that do not divide are refused before the run, and a smaller one is named', async ({ page }) => {
  await openDemo(page);
  await drop(page, modelOf96Channels());
  await expect(region(page, 'Model')).toContainText('1 × 32', { timeout: 60_000 });
  await page.getByRole('radio', { name: 'SQFT', exact: true }).check();
  await expect(region(page, 'Recipe')).toContainText(
    /Groups of 64 do not divide the 96 inputs of model\.layers\.0\.mlp\.down_proj\..*Choose a group of 32/,
    { timeout: 60_000 },
  );
  await expect(button(page, 'Run')).toBeDisabled();
  expect(await page.evaluate(() => window.pare.session().status)).toBe('empty');
  await expect(region(page, 'Model')).toContainText('1 × 32');
  await page.getByRole('radio', { name: 'LoRA', exact: true }).check();
  await expect(button(page, 'Run')).toBeEnabled({ timeout: 60_000 });
});

/** One random block with a tokenizer of its own: 96 FFN channels are divided by 32 and not by 64. */
function modelOf96Channels(): { path: string; bytes: Uint8Array }[] {
  const [hidden, width] = [32, 96];
  const block = 'model.layers.0';
  const shapes: [string, number[]][] = [
    ['model.embed_tokens.weight', [116, hidden]],
    [`${block}.input_layernorm.weight`, [hidden]],
    ...['q', 'k', 'v', 'o'].map((role): [string, number[]] => [
      `${block}.self_attn.${role}_proj.weight`,
      [hidden, hidden],
    ]),
    [`${block}.post_attention_layernorm.weight`, [hidden]],
    [`${block}.mlp.gate_proj.weight`, [width, hidden]],
    [`${block}.mlp.up_proj.weight`, [width, hidden]],
    [`${block}.mlp.down_proj.weight`, [hidden, width]],
    ['model.norm.weight', [hidden]],
  ];
  let end = 0;
  const header = Object.fromEntries(
    shapes.map(([name, shape]) => {
      const begin = end;
      end += 4 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
    }),
  );
  const values = Float32Array.from({ length: end / 4 }, (_, index) => Math.sin(index) / 8);
  const sizes = {
    hidden_size: hidden,
    intermediate_size: width,
    vocab_size: 116,
    max_position_embeddings: 64,
  };
  return [
    { path: 'config.json', bytes: text(JSON.stringify({ ...config, ...sizes })) },
    { path: 'model.safetensors', bytes: safetensors(header, new Uint8Array(values.buffer)) },
    fileOf('public/demo/model/tokenizer.json'),
    fileOf('public/demo/model/tokenizer_config.json'),
  ];
}

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
  await expect(page.getByText('This browser has no WebGPU. It runs on the CPU')).toBeVisible();
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
    .poll(() => page.evaluate(() => window.pare.session().status), { timeout: 120_000 })
    .toBe('finished');
});

async function dismissAll(page: Page): Promise<void> {
  for (const dismiss of await page.getByRole('alert').getByRole('button').all()) await dismiss.click();
}
