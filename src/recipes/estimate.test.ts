import { describe, expect, it } from 'vitest';
import type { Store } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { modelFiles } from '../cli/inputs.ts';
import { nodeFile } from '../cli/node-files.ts';
import { openData } from '../datasets/parse.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import { readData } from './loaded-data.ts';
import { estimateMemory, requireFits } from './estimate.ts';
import { loadModel, type LoadedModel } from './model.ts';
import { presets } from './presets.ts';

async function demo(backend = new CpuBackend()) {
  const data = readData(await openData(await nodeFile('public/demo/data/problems.jsonl')));
  return { model: await loadModel(backend, await modelFiles('demo')), data };
}

/** The same model with another width of its FFN, of which there are shapes only. */
function widened(model: LoadedModel, width: number): LoadedModel {
  const { store, config } = model;
  const shapeOf = (name: string, shape: readonly number[]) =>
    name.includes('.mlp.') ? shape.map((n) => (n === config.intermediateSize ? width : n)) : shape;
  const wide = {
    has: (name: string) => store.has(name),
    spec: (name: string) => {
      const { dtype, shape } = store.spec(name);
      return { dtype, shape: shapeOf(name, shape) };
    },
    cost: (spec: TensorSpec) => store.cost(spec),
  };
  return { ...model, store: wide as Store };
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

  it('grows with the hidden states of calibration', async () => {
    const { model, data } = await demo();
    const recipe = presets.shears.recipe('exact');
    const few = estimateMemory(model, data, { ...recipe, sparsity: { ...recipe.sparsity!, calibration: 8 } });
    const many = estimateMemory(model, data, {
      ...recipe,
      sparsity: { ...recipe.sparsity!, calibration: 4096 },
    });
    expect(many.activations).toBeGreaterThan(few.activations);
  });

  it('counts what GPTQ holds, beside the hidden states: of all inputs of a block, or of one after the other', async () => {
    const { model, data } = await demo();
    const recipe = presets.sqft.recipe('exact');
    const quantization = { ...recipe.quantization!, calibration: 4096, group: 64 } as const;
    const estimate = (changed: Partial<typeof recipe.quantization & object>) =>
      estimateMemory(model, data, { ...recipe, quantization: { ...quantization, ...changed } });
    const rounded = estimate({ method: 'rtn' });
    const { hiddenSize: h, intermediateSize: f } = model.config;
    expect(f).toBeGreaterThan(h);
    const at = (out: number, inputs: number, block: number) => 4 * out * (inputs + block);
    const all = 4 * (3 * h * h + f * f);
    // The first to go has everything about it; `down` has the widest input.
    const most = Math.max(all + at(h, h, 64), 4 * (h * h + f * f) + at(f, h, 64), 4 * f * f + at(h, f, 64));
    expect(estimate({ method: 'gptq' }).activations - rounded.activations).toBe(most);
    const sequential = Math.max(4 * h * h + at(f, h, 128), 4 * f * f + at(h, f, 128));
    const published = estimate({ method: 'gptq', grid: 'published', group: 128 });
    expect(published.activations - rounded.activations).toBe(sequential);
  });

  it('refuses inputs too wide for GPTQ before anything has run, with a remedy that helps', async () => {
    const backend = new CpuBackend();
    Object.assign(backend, { facts: { ...backend.facts, maxTensorBytes: 2 ** 27 } });
    const { model, data } = await demo(backend);
    const recipe = presets.sqft.recipe('exact');
    const estimate = (width: number, method: 'rtn' | 'gptq') =>
      estimateMemory(widened(model, width), data, {
        ...recipe,
        quantization: { ...recipe.quantization!, method },
      });
    expect(estimate(5760, 'gptq').fits).toBe(true);
    const found = estimate(5824, 'gptq');
    expect(found.largestBuffer).toBe(4 * 5824 ** 2);
    expect(found.problem).toContain('round-to-nearest');
    expect(() => requireFits(found)).toThrow(
      expect.objectContaining({
        code: 'does-not-fit',
        remedy: expect.stringContaining('round-to-nearest') as unknown,
      }),
    );
    expect(estimate(5824, 'rtn').fits).toBe(true);
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
