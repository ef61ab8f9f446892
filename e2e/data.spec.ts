import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { look } from './looking.ts';
import { button, drop, fileOf, region } from './studio.ts';

const model = 'public/demo/model';
/** In words of the demo's small vocabulary. */
const chatTemplate =
  '{{ bos_token }}{% for message in messages %}{% if message.role == "assistant" %}zoe : {% endif %}{{ message.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}zoe : {% endif %}';

/** Data as people have it: a Parquet file off the hub, asked in the model's own words. */
test('a Parquet file: recognised, shown as tokens in each template, scored by its options', async ({
  page,
}) => {
  await page.goto('./');
  const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  await drop(page, [
    ...files.map((name) => fileOf(`${model}/${name}`)),
    { path: 'chat_template.jinja', bytes: new TextEncoder().encode(chatTemplate) },
  ]);
  await expect(region(page, 'Model')).toContainText('Llama', { timeout: 60_000 });
  await drop(page, [{ path: 'arc.parquet', bytes: readFileSync('src/datasets/fixtures/arc.parquet') }]);
  const data = region(page, 'Data');
  await expect(data).toContainText('ARC, OpenBookQA (multiple choice)', { timeout: 60_000 });

  await data.locator('.preview summary').click();
  const tokens = data.getByRole('listbox', { name: 'Tokens of example 1' });
  await expect(tokens).toContainText('how many eggs');
  await tokens.focus();
  await page.keyboard.press('ArrowRight');
  await expect(
    data.getByRole('status').filter({ hasText: /Token 1: id 2, “<s>”, special, prompt/ }),
  ).toBeVisible();
  await page.keyboard.press('End');
  await expect(
    data.getByRole('status').filter({ hasText: /id 3, “\s?<\/s>”, special, answer, trained on/ }),
  ).toBeVisible();

  await look(page, 'tokens');

  const template = data.getByLabel('Prompt template');
  await template.selectOption('plain');
  // Its options are listed, which the published prompt does not do.
  await expect(tokens).toContainText('7');
  await template.selectOption('chat');
  await expect(tokens).toContainText('zoe');
  await expect(tokens.locator('.is-special').filter({ hasText: '<s>' })).toHaveCount(1);
  // What the user says ends with it, and what the assistant says.
  await expect(tokens.locator('.is-special').filter({ hasText: '</s>' })).toHaveCount(2);

  await page.evaluate(() => window.pare.setRecipe({ task: 'choice' }));
  await expect(data.getByRole('list', { name: 'Options of example 1' })).toContainText('5 ✓');
  await button(page, 'Score the model as it is').click();
  await expect(data).toContainText(/Multiple choice [\d.]+ % · 3 examples · as it is/, { timeout: 120_000 });
});
