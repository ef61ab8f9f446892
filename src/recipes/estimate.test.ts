import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { modelFiles } from '../cli/inputs.ts';
import { nodeFile } from '../cli/node-files.ts';
import { openData } from '../datasets/parse.ts';
import { readData } from './loaded-data.ts';
import { estimateMemory, requireFits } from './estimate.ts';
import { loadModel } from './model.ts';
import { presets } from './presets.ts';

async function demo(backend = new CpuBackend()) {
  const data = readData(await openData(await nodeFile('public/demo/data/problems.jsonl')));
  return { model: await loadModel(backend, await modelFiles('demo')), data };
}

describe('the memory that a run needs', () => {
  it('holds the weights twice, masks, adapters with two moments, and the stage that works with most', async () => {
    const { model, data } = await demo();
    const own = model.store.bytes();
    const lora = estimateMemory(model, data, presets.lora.recipe('exact'));
    const shears = estimateMemory(model, data, presets.shears.recipe('exact'));
    expect(lora.weights).toBeGreaterThanOrEqual(2 * own);
    const masks = model.structure.modules
      .filter(({ role }) => role !== 'head')
      .reduce((bytes, { shape: [rows, columns] }) => bytes + rows * Math.ceil(columns / 32) * 4, 0);
    expect(shears.weights - lora.weights).toBe(masks);
    expect(shears.total).toBe(shears.weights + shears.adapters + shears.activations);
    expect(lora.adapters % 3).toBe(0);
    expect(lora.fits).toBe(true);
    expect(() => requireFits(lora)).not.toThrow();
  });

  it('grows with the hidden states of calibration, which are part of the largest buffer', async () => {
    const { model, data } = await demo();
    const recipe = presets.shears.recipe('exact');
    const few = estimateMemory(model, data, { ...recipe, sparsity: { ...recipe.sparsity!, calibration: 8 } });
    const many = estimateMemory(model, data, {
      ...recipe,
      sparsity: { ...recipe.sparsity!, calibration: 4096 },
    });
    expect(many.activations).toBeGreaterThan(few.activations);
    expect(many.largestBuffer).toBeGreaterThan(few.largestBuffer);
  });

  it('refuses what one buffer cannot hold, with the sizes and a remedy', async () => {
    const backend = new CpuBackend();
    const { model, data } = await demo(backend);
    Object.assign(backend, { facts: { ...backend.facts, maxTensorBytes: 2 ** 15 } });
    const estimate = estimateMemory(model, data, presets.lora.recipe('exact'));
    expect(estimate.fits).toBe(false);
    expect(estimate.problem).toContain('32.8 kB');
    expect(() => requireFits(estimate)).toThrow(expect.objectContaining({ code: 'does-not-fit' }));
  });
});
