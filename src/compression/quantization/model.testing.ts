/** Quantizing a whole model, on any backend. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Backend, Store } from '../../backends/backend.ts';
import { Pacer } from '../../backends/pacer.ts';
import { modelFiles } from '../../cli/inputs.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { codesName, gridName, maskName, type BaseForm } from '../../models/elastic.ts';
import { blockModules } from '../../models/structure.ts';
import { plainModel } from '../../models/runnable.ts';
import { loadModel } from '../../recipes/model.ts';
import { removeCompression } from '../adapters/init.ts';
import type { Calibration, CalibrationBatch } from '../pruning/block-walk.ts';
import { pruneModel } from '../pruning/prune.ts';
import { dequantize } from './dequantize.ts';
import { quantizeModel, type QuantizeOptions } from './quantize-model.ts';

const [batch, length] = [4, 40];
/** A tenth of damping: where masked weights take no updates, one of 1 % does not always pay (measured on this model). */
const usual = { group: 32, symmetric: false, rule: 'exact', damping: 0.1 } as const;

/** How much of the demo model, on how many batches of sequences. */
interface Size {
  readonly layers: number;
  readonly batches: number;
}

/** Problems that the demo model was made for, each padded with `padding`. */
async function opened(backend: Backend, size: Size, padding = 0): Promise<Calibration> {
  const { store, config, tokenizer } = await loadModel(backend, await modelFiles('demo'));
  const lines = readFileSync('public/demo/data/problems.jsonl', 'utf8').split('\n');
  const batches = Array.from({ length: size.batches }, (_, index): CalibrationBatch => {
    const own = lines.slice(index * batch, (index + 1) * batch).map((line) => {
      const { question, answer } = JSON.parse(line) as { question: string; answer: string };
      return tokenizer!.encode(`${question} ${answer}`).slice(0, length);
    });
    const rows = own.map((ids) => [...ids, ...Array.from({ length: length - ids.length }, () => padding)]);
    return {
      batch,
      length,
      ids: Int32Array.from(rows.flat()),
      lengths: Int32Array.from(own, (ids) => ids.length),
    };
  });
  return {
    backend,
    store,
    config: { ...config, layers: size.layers },
    batches,
    pacer: new Pacer(backend),
  };
}

/** Mean squared difference of logits over some calibration sequences, from those of the first base. */
async function logitError(
  { backend, store, config, batches: all }: Calibration,
  from: BaseForm,
  to: BaseForm,
) {
  let sum = 0;
  let count = 0;
  const models = [from, to].map((base) => ({ ...plainModel(backend, store, config), ...base }));
  for (const { ids, lengths } of all.slice(0, 2)) {
    for (const [sequence, end] of lengths.entries()) {
      const own = [...ids.subarray(sequence * length, sequence * length + end)];
      const [expected, found] = await Promise.all(models.map((model) => logitsOf(model, own)));
      expected!.forEach((row, i) => row.forEach((v, j) => (sum += (v - found![i]![j]!) ** 2)));
      count += own.length * config.vocabSize;
    }
  }
  return sum / count;
}

async function expectZeros(store: Store, modules: Iterable<string>): Promise<void> {
  for (const module of modules) {
    const [rows, columns] = store.spec(codesName(module)).shape as [number, number];
    const mask = new Uint32Array((await store.read(maskName(module))).buffer);
    const weight = await dequantize(store, module);
    const wrong = weight.filter((value, i) => {
      const column = i % columns;
      const word = mask[Math.floor(i / columns) * Math.ceil(columns / 32) + (column >> 5)]!;
      return ((word >>> (column & 31)) & 1) === 0 && value !== 0;
    });
    expect(wrong.length, module).toBe(0);
    expect(weight.filter((value) => value === 0).length).toBeGreaterThanOrEqual((rows * columns) / 2);
  }
}

const contents = (store: Store, modules: Iterable<string>) =>
  Promise.all([...modules].flatMap((m) => [store.read(codesName(m)), store.read(gridName(m))]));

/** Registers the tests, on the backend that `open` gives. */
export function modelQuantization(open: () => Promise<Backend>, size: Size): void {
  describe('quantizing a model', () => {
    it('keeps the zeros of its masks; GPTQ is nearer to the sparse model than round-to-nearest', async () => {
      const calibration = await opened(await open(), size);
      const { store, config } = calibration;
      const names = store.names();
      const masked = await pruneModel(calibration, { method: 'wanda', ratio: 0.5, pattern: null });
      const sparse: BaseForm = { masked, quantized: new Set() };
      const errors: Record<string, number> = {};
      for (const [label, options] of Object.entries<QuantizeOptions>({
        rtn: { ...usual, method: 'rtn' },
        gptq: { ...usual, method: 'gptq' },
        sequential: { ...usual, method: 'gptq', sequential: true },
        published: { method: 'gptq', group: 128, symmetric: true, rule: 'published', damping: 0.1 },
      })) {
        let blocks = 0;
        const quantized = await quantizeModel({ ...calibration, onBlock: () => blocks++ }, options, masked);
        const all = Array.from({ length: config.layers }, (_, layer) => blockModules(config, layer)).flat();
        expect([...quantized].sort()).toEqual([...all].sort());
        expect(blocks).toBe(config.layers);
        await expectZeros(store, quantized);
        errors[label] = await logitError(calibration, sparse, { masked, quantized });
        const added = store.names().filter((name) => !names.includes(name) && !name.startsWith('rope.'));
        expect(added.sort()).toEqual(all.flatMap((m) => [codesName(m), gridName(m), maskName(m)]).sort());
        for (const module of all) [codesName(module), gridName(module)].forEach((name) => store.remove(name));
      }
      expect(errors.gptq).toBeLessThan(errors.rtn!);
      expect(errors.sequential).toBeLessThan(errors.rtn!);
      expect(errors.gptq).toBeGreaterThan(0);
      store.dispose();
    });

    it('counts padding nowhere', async () => {
      const found: Uint8Array[][] = [];
      for (const padding of [0, 77]) {
        const calibration = await opened(await open(), { layers: 1, batches: 1 }, padding);
        const quantized = await quantizeModel(calibration, { ...usual, method: 'gptq' }, new Set());
        found.push(await contents(calibration.store, quantized));
        calibration.store.dispose();
      }
      expect(found[1]).toEqual(found[0]);
    });

    it('stops where it is told to, and frees its scratch', async () => {
      // Every block brings a rest.
      const calibration = await opened(await open(), { ...size, layers: 2 });
      const { backend, store } = calibration;
      let rests = 0;
      const pacer = new Pacer(backend, () =>
        ++rests === 2 ? Promise.reject(new Error('stopped')) : Promise.resolve(),
      );
      const names = store.names();
      await expect(
        quantizeModel({ ...calibration, pacer }, { ...usual, method: 'gptq' }, new Set()),
      ).rejects.toThrow('stopped');
      expect(store.names().filter((name) => name.startsWith('calibration.'))).toEqual([]);
      removeCompression(store);
      expect(store.names().filter((name) => !name.startsWith('rope.'))).toEqual(names);
      store.dispose();
    });

    it('is taken out of the store, but for what the model came with', async () => {
      const calibration = await opened(await open(), size);
      const { store } = calibration;
      const names = store.names();
      const [module] = await quantizeModel(calibration, { ...usual, method: 'rtn' }, new Set());
      const kept = [codesName(module!), gridName(module!)];
      removeCompression(store, new Set(kept));
      expect(store.names().sort()).toEqual([...names, ...kept].sort());
      store.dispose();
    });
  });
}
