import type { ExportFile, ExportFormat } from '../exporters/exporter.ts';
import { adapterFolder } from '../exporters/folder-files.ts';
import { readBack } from '../exporters/onnx/read-back.ts';
import { exporterOf } from '../exporters/registry.ts';
import { blobSource, type FileSource } from '../formats/source.ts';
import { assert } from '../lib/assert.ts';
import { adapterA, adapterB, codesName, gridName, plainPlan, type AdapterPlan } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import { defaultFormat } from './export.ts';
import { exportedModel, type Exportable } from './exported-model.ts';
import { loadModel, originalModel } from './model.ts';

/** What was exported, read back from its files; its store is the caller's to let go. */
export async function openShipped(
  finished: Exportable,
  format: ExportFormat,
  files: readonly ExportFile[],
): Promise<Runnable> {
  if (format === 'onnx') return openOnnx(finished, await sourcesOf(files));
  const given = format === 'peft' ? await withBase(finished, files) : files;
  return originalModel(await loadModel(finished.run.model.backend, await sourcesOf(given)));
}

/** An adapter alone, beside the base that it belongs on. */
async function withBase(finished: Exportable, files: readonly ExportFile[]): Promise<ExportFile[]> {
  const base = exporterOf(defaultFormat(finished));
  const bare = { ...exportedModel(finished, { sizes: base.sizes, adapters: 'apart' }), adapters: [] };
  const adapter = files
    .filter(({ name }) => name.startsWith('adapter_'))
    .map((file) => ({ ...file, name: `${adapterFolder}/${file.name}` }));
  return [...(await base.files(bare, '')), ...adapter];
}

/** From a copy that the platform keeps (in a browser: on disk where it is large). */
function sourcesOf(files: readonly ExportFile[]): Promise<FileSource[]> {
  return Promise.all(
    files.map(async ({ name, stream }) => blobSource(`export/${name}`, await new Response(stream).blob())),
  );
}

/** The weights of an ONNX folder under Pare's own graph. */
async function openOnnx(finished: Exportable, files: readonly FileSource[]): Promise<Runnable> {
  const { backend } = finished.run.model;
  const { config, tensors, codes, adapters } = exportedModel(finished, exporterOf('onnx'));
  const { floats, int4 } = await readBack(files);
  const store = backend.createStore();
  const putFloats = async (name: string, stored: string, turned = false) => {
    const found = floats.get(stored);
    assert(found, `the ONNX file has no ${stored}`);
    const shape = turned ? found.shape.toReversed() : found.shape;
    store.allocate(name, { dtype: 'f32', shape });
    const values = await found.read();
    store.write(name, turned ? transpose(values, found.shape as [number, number]) : values);
  };
  try {
    for (const { name } of tensors) await putFloats(name, name);
    for (const { module } of codes) {
      const found = int4.get(module);
      assert(found, `the ONNX file has no codes of ${module}`);
      const weight = await found.read();
      store.allocate(codesName(module), { dtype: 'i4', shape: weight.shape });
      store.write(codesName(module), weight.codes);
      store.allocate(gridName(module), { dtype: 'f32', shape: [weight.shape[0], 2 * weight.groups] });
      store.write(gridName(module), weight.grid);
    }
    const plans = new Map<string, AdapterPlan>();
    for (const { module, rank, scale } of adapters) {
      await putFloats(adapterA(module), `${module}.lora_A_T`, true);
      await putFloats(adapterB(module), `${module}.lora_B_T`, true);
      plans.set(module, { rank, scale, group: null, index: plans.size });
    }
    await store.settled();
    const plan = { ...plainPlan(config.layers), adapters: plans };
    const quantized = new Set(codes.map(({ module }) => module));
    return { backend, store, config, plan, masked: new Set(), quantized, limits: [] };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

function transpose(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!;
  return turned;
}
