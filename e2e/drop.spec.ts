import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { button, drop, fileOf, region, runToEnd } from './studio.ts';

const shared = resolve('../shared');

/** A real model and real text that other people made, dropped on the page. */
test.describe('a dropped model', () => {
  test.skip(!existsSync(shared), 'the shared models and data are not here');

  test('stories260K: perplexity of the first 20 stories, then a short search on them', async ({ page }) => {
    await page.goto('./');
    const folder = join(shared, 'models/stories260K-hf');
    await drop(
      page,
      ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map((name) =>
        fileOf(join(folder, name)),
      ),
    );
    await expect(region(page, 'Model')).toContainText('260 K', { timeout: 60_000 });
    const text = readFileSync(join(shared, 'data/tinystories/tinystories_10k.txt'), 'utf8');
    const stories = text.split('<|endoftext|>').slice(0, 20).join('<|endoftext|>');
    await drop(page, [{ path: 'stories.txt', bytes: new TextEncoder().encode(stories) }]);
    await expect(region(page, 'Data')).toContainText('20', { timeout: 60_000 });
    await button(page, 'Score the model as it is').click();
    // PyTorch in float64: 3.46310.
    await expect(region(page, 'Data')).toContainText('3.463', { timeout: 120_000 });
    await expect(region(page, 'Data')).toContainText('7,220');

    await page.evaluate(() => {
      const { training, search } = window.pare.recipe();
      window.pare.setRecipe({
        maxLength: 64,
        split: { validation: 8, test: 8 },
        training: { ...training, steps: 4, learningRate: 1e-3 },
        search: search && { ...search, evaluations: 6, population: 4 },
        baseline: false,
      });
    });
    await runToEnd(page);
    const view = await page.evaluate(() => ({
      metric: window.pare.session().metric,
      front: window.pare.session().front.length,
    }));
    expect(view.metric).toBe('perplexity');
    expect(view.front).toBeGreaterThan(0);
  });
});
