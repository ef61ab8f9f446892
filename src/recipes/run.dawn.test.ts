import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../backends/backend.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { modelFiles } from '../cli/inputs.ts';
import { nodeFile } from '../cli/node-files.ts';
import { openData } from '../datasets/parse.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import type { Runnable } from '../models/runnable.ts';
import { eventSchema, type SessionEvent } from '../session/events.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { runToEnd, searchHere } from './engine.ts';
import { exportModel } from './export.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { presets } from './presets.ts';
import { chooseAnother, type FinishedRun } from './run.ts';
import { subNetworkModel } from './trained.ts';

const ids = [2, 10, 20, 30, 40, 50, 60, 70];
/** A merged weight is rounded once, to f16: 2⁻¹¹ of itself. What that does to the demo's logits stays below this. */
const f16Bound = 0.1;

/** A short run of every recipe on the real demo: few steps, few examples, everything else as shipped. */
function short(method: Method): Recipe {
  const recipe = presets[method].recipe('exact');
  return {
    ...recipe,
    split: { validation: 8, test: 8 },
    training: { ...recipe.training, steps: 3 },
    sparsity: recipe.sparsity && { ...recipe.sparsity, calibration: 8 },
    search: recipe.search && { ...recipe.search, evaluations: 6, population: 4 },
  };
}

interface Ran {
  readonly model: LoadedModel;
  readonly log: SessionEvent[];
  readonly finished: FinishedRun | null;
}

describe('a recipe from start to exported folder, on the demo', () => {
  let backend: Backend;
  let data: LoadedData;
  beforeAll(async () => {
    backend = await gpuBackend();
    data = readData(await openData(await nodeFile('public/demo/data/problems.jsonl')));
    expect(existsSync('public/demo/model/model.safetensors')).toBe(true);
  });

  afterAll(async () => {
    for (const ran of runs.values()) {
      const { model, finished } = await ran;
      finished?.chosen.store.dispose();
      model.store.dispose();
    }
  });

  async function run(method: Method): Promise<Ran> {
    const model = await loadModel(backend, await modelFiles('demo'));
    const log: SessionEvent[] = [];
    const finished = await runToEnd({
      recipe: short(method),
      model,
      data,
      control: new RunControl(),
      search: searchHere,
      onEvent: (event) => void log.push(eventSchema.parse(event)),
    });
    return { model, log, finished };
  }

  /** What each method leaves behind, run once. */
  const runs = new Map<Method, Promise<Ran>>();
  function once(method: Method): Promise<Ran> {
    const ran = runs.get(method) ?? run(method);
    runs.set(method, ran);
    return ran;
  }

  for (const method of ['lora', 'shears', 'lonas'] as const) {
    it(`${method}: events, rows, and an export that opens again with the same logits`, async () => {
      const { model, log, finished } = await once(method);
      const view = viewOf(log);
      expect(view.status).toBe('finished');
      expect(view.results.map(({ tag }) => tag)).toEqual(expect.arrayContaining(['untuned-dense', 'chosen']));
      if (method !== 'lora') {
        const tags = view.points.map(({ tag }) => tag);
        expect(tags).toEqual(
          expect.arrayContaining(['untuned-dense', 'heuristic', 'maximal', 'minimal', 'lora']),
        );
      }
      await expectExportKeepsLogits(model, finished!, method);
    });
  }

  it('the same seed gives the same log', async () => {
    const [first, second] = [await once('lonas'), await run('lonas')];
    const scores = (log: SessionEvent[]) =>
      log.filter((event) => event.type === 'evaluated').map(({ genome, score }) => ({ genome, score }));
    const losses = (log: SessionEvent[]) =>
      log.filter((event) => event.type === 'losses').flatMap(({ values }) => values);
    expect(scores(second.log)).toEqual(scores(first.log));
    expect(losses(second.log)).toEqual(losses(first.log));
    second.model.store.dispose();
  });

  it('the model is as it was afterwards', async () => {
    const { model } = await once('lonas');
    const fresh = await loadModel(backend, await modelFiles('demo'));
    const [before, after] = [fresh, model].map((each) => logitsOf(originalModel(each), ids));
    expectClose((await before)!, (await after)!, 1e-4);
    fresh.store.dispose();
  });

  it('another choice is measured and shipped', async () => {
    const { model, log, finished } = await once('lonas');
    const other = log.find((event) => event.type === 'evaluated' && event.tag === 'minimal');
    const next = await chooseAnother(finished!, other?.type === 'evaluated' ? other.genome! : []);
    expect(log.at(-1)).toMatchObject({ type: 'chosen', by: 'user' });
    await expectExportKeepsLogits(model, next, 'lonas');
  });
});

/** Reads the exported folder back, as a stranger would, and compares with the super-network that was trained. */
async function expectExportKeepsLogits(
  model: LoadedModel,
  finished: FinishedRun,
  method: Method,
): Promise<void> {
  const { files, notes } = await exportModel(finished, []);
  expect(notes.length).toBeGreaterThan(0);
  const sources: FileSource[] = [];
  for (const { name, size, stream } of files) {
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    expect(bytes.byteLength, name).toBe(size);
    sources.push(bytesSource(`exported/${name}`, bytes));
  }
  const opened = await loadModel(model.backend, sources);
  const trained: Runnable = subNetworkModel(model, finished.trained, finished.genome);
  const exported = await logitsOf(originalModel(opened), ids);
  // A sparse base ships as it was trained; a dense one is merged and rounded.
  expectClose(await logitsOf(trained, ids), exported, method === 'shears' ? 1e-4 : f16Bound);
  expectClose(await logitsOf(finished.chosen, ids), exported, 1e-4);
  opened.store.dispose();
}

function expectClose(expected: Float32Array[], found: Float32Array[], bound: number): void {
  const worst = expected.reduce(
    (most, row, i) =>
      row.reduce((rowMost, value, j) => Math.max(rowMost, Math.abs(value - found[i]![j]!)), most),
    0,
  );
  expect(worst).toBeLessThanOrEqual(bound);
}
