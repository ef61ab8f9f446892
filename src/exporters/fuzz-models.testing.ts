/** Small models in every form that Pare writes, and what it takes to read all of a model: for fuzzing. */
import { openTokenizer } from '../datasets/tokenizer.ts';
import type { Sample } from '../formats/fuzz.testing.ts';
import type { ModelFolder, StoredInt4 } from '../formats/model-folder.ts';
import type { FileSource } from '../formats/source.ts';
import { openModel } from '../models/open-model.ts';
import { structureOf } from '../models/structure.ts';
import type { ExportFormat, FinishedModel } from './exporter.ts';
import { exporterOf } from './registry.ts';

/** The files as bytes. */
export async function sampleOf(files: readonly FileSource[]): Promise<Sample> {
  const read = files.map(async (file) => [file.path, await file.read(0, file.size)] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** A model as it was opened, in another form. */
export async function written(files: readonly FileSource[], format: ExportFormat): Promise<Sample> {
  const model = await finishedOf(await openModel(files));
  const exporter = exporterOf(format);
  const { refused } = await exporter.check(model);
  if (refused !== null) throw new Error(refused);
  const all = await exporter.files(model, 'card');
  const read = all.map(async ({ name, stream }) => [
    name,
    new Uint8Array(await new Response(stream).arrayBuffer()),
  ]);
  return Object.fromEntries(await Promise.all(read)) as Sample;
}

/** Opens a model and reads every tensor and text of it, as a session does. */
export async function readModel(files: readonly FileSource[]): Promise<void> {
  const model = await openModel(files);
  await model.fingerprint();
  await model.spareHead();
  for (const { a, b } of model.peft?.modules.values() ?? [])
    for (const { name } of [a, b]) await model.peft!.store.read(name);
  if (model.tokenizerJson === undefined) return;
  const tokenizer = await openTokenizer(model.tokenizerJson, model.tokenizerConfig, model.config);
  const ids = tokenizer.encode('Tom has 3 apples.\n');
  tokenizer.decode(ids);
  tokenizer.pieces(ids);
  tokenizer.chat?.render([{ role: 'user', content: 'How many?' }], true);
}

async function finishedOf(folder: ModelFolder): Promise<FinishedModel> {
  const { name, config, tensors, quantized } = folder;
  const weights = new Map<string, StoredInt4>();
  await folder.fingerprint({
    tensor: () => undefined,
    quantized: (module, weight) => weights.set(module, weight),
  });
  const first = [...tensors].find(([tensor]) => tensor.includes('q_proj'));
  return {
    ...folder,
    structure: structureOf(config),
    tensors: [...tensors].map(([tensor, { dtype, shape }]) => ({
      name: tensor,
      dtype,
      shape,
      bytes: async () => (await folder.readTensor(tensor)).bytes,
    })),
    codes: [...weights].map(([module, weight]) => ({
      ...weight,
      module,
      symmetric: quantized.get(module)!.symmetric,
      codes: () => Promise.resolve(weight.codes),
      grid: () => Promise.resolve(weight.grid),
    })),
    adapters: first ? [adapterOn(first[0].replace(/\.weight$/, ''), first[1].shape)] : [],
    base: { name, isOriginal: true, isExported: true },
  };
}

function adapterOn(module: string, [outputs, inputs]: readonly number[]) {
  const values = (count: number) => () => Promise.resolve(new Float32Array(count).fill(0.5));
  const sizes = { inputs: inputs!, outputs: outputs!, rank: 2, scale: 2 };
  return { module, ...sizes, a: values(2 * inputs!), b: values(2 * outputs!) };
}
