import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { openData } from '../datasets/parse.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { peftFiles } from '../formats/peft-write.ts';
import { blobSource, type FileSource } from '../formats/source.ts';
import { Random } from '../lib/random.ts';
import type { Runnable } from '../models/runnable.ts';
import { maximalGenome } from '../search/space.ts';
import type { Recipe } from '../session/recipe.ts';
import { RunControl } from './control.ts';
import { runToEnd, searchHere } from './engine.ts';
import { exportAndProve, randomTokens } from './proof.ts';
import { readData } from './loaded-data.ts';
import { loadModel, originalModel } from './model.ts';
import { requireStart } from './requirements.ts';
import { shortRecipe } from './resume.testing.ts';
import { fewProblems, tinyModel } from './tiny-model.testing.ts';
import { subNetworkModel } from './trained.ts';

const rank = 2;
const block = 'model.layers.1';

/** An adapter of rank 2 and scale 3 on three modules of the second block. */
async function adapter(
  modules = ['self_attn.q_proj', 'mlp.up_proj', 'mlp.down_proj'],
): Promise<FileSource[]> {
  const random = new Random(3);
  const matrix = (rows: number, columns: number) => () =>
    Promise.resolve(
      new Uint8Array(Float32Array.from({ length: rows * columns }, () => 0.3 * random.normal()).buffer),
    );
  const sizes = (module: string) =>
    module.endsWith('down_proj') ? [16, 32] : [module.includes('mlp') ? 32 : 16, 16];
  const outputs = modules.map((module) => {
    const [out, inputs] = sizes(module) as [number, number];
    const ab = { a: matrix(rank, inputs), b: matrix(out, rank) };
    return { module: `${block}.${module}`, rank, scale: 3, inputs, outputs: out, ...ab };
  });
  const files = peftFiles(outputs, { base: 'tiny', dtype: 'F32' });
  return Promise.all(
    files.map(async ({ name, stream }) => blobSource(`tiny/${name}`, await new Response(stream).blob())),
  );
}

const open = async (modules?: string[]) =>
  loadModel(cpu, [...(await tinyModel()), ...(await adapter(modules))]);

const ids = [2, 11, 25, 39, 54, 63];
async function difference(a: Runnable, b: readonly Float32Array[]): Promise<number> {
  const rows = await logitsOf(a, ids);
  return Math.max(...rows.flatMap((row, i) => [...row].map((logit, j) => Math.abs(logit - b[i]![j]!))));
}

/** Of rank 4 and scale 2. */
const untrained = (method: 'lora' | 'lonas'): Recipe => {
  const recipe = shortRecipe(method, { baseline: false });
  return { ...recipe, training: { ...recipe.training, steps: 0, warmup: 0 } };
};

describe('an adapter that came with the model', () => {
  it.each(['lora', 'lonas'] as const)('is where %s begins, and stays what it was', async (method) => {
    const model = await open();
    const bare = await loadModel(cpu, await tinyModel());
    const before = await logitsOf(originalModel(model), ids);
    expect(await difference(originalModel(bare), before)).toBeGreaterThan(0.1);
    expect(model.info.sha256).not.toBe(bare.info.sha256);
    const data = readData(await openData(fewProblems(24)));
    const recipe = untrained(method);
    const options = { recipe, model, data, control: new RunControl(), search: searchHere, onEvent: () => {} };
    const finished = (await runToEnd(options))!;
    const { trained } = finished;
    const whole = subNetworkModel(model, trained, maximalGenome(trained.elastic.space));
    // LoNAS has put channels into another order by now.
    expect(model.orders.size > 0).toBe(method === 'lonas');
    expect(await difference(whole, before)).toBeLessThan(1e-5);
    expect(await difference(originalModel(model), before)).toBeLessThan(1e-5);
    const { proof } = await exportAndProve(finished, [], { tokens: randomTokens(finished) });
    expect(proof).toMatchObject({ holds: true });
    // Again, on the same model: nothing of the first run is left in it.
    const again = (await runToEnd(options))!;
    const second = subNetworkModel(model, again.trained, maximalGenome(again.trained.elastic.space));
    expect(await difference(second, before)).toBeLessThan(1e-5);
  });

  it('is refused where a recipe has no room for it', async () => {
    const lora = untrained('lora');
    const narrow = { ...lora, adapter: { ...lora.adapter, rank: 1 } };
    const model = await open();
    expect(() => requireStart(model, narrow)).toThrow('comes with an adapter of rank 2');
    const few = { ...lora, adapter: { ...lora.adapter, targets: ['q' as const, 'up' as const] } };
    expect(() => requireStart(model, few)).toThrow(`an adapter on ${block}.mlp.down_proj`);
    expect(() => requireStart(model, lora)).not.toThrow();
  });
});
