/** Finds the files of a model in what was dropped: a folder, a folder in a folder, or several loose files. */
import { PareError } from '../lib/assert.ts';
import { type FileSource, folderOf } from './source.ts';

export interface FolderFiles {
  /** The folder's name, or a stand-in for loose files. */
  readonly name: string;
  readonly config: FileSource;
  /** Says which tensor is in which weight file. */
  readonly index: FileSource | null;
  /** All files beside config.json. */
  readonly beside: readonly FileSource[];
  /** A graph of the same model, which is no way in. */
  readonly onnx: FileSource | null;
  readonly tokenizer: FileSource | null;
  readonly tokenizerConfig: FileSource | null;
  /** Where the chat template is not in tokenizer_config.json. */
  readonly chatTemplate: FileSource | null;
  readonly generationConfig: FileSource | null;
  /** The PEFT adapter in the same folder or in a folder below it. */
  readonly adapterConfig: FileSource | null;
  readonly adapterWeights: FileSource | null;
}

export function findModelFiles(files: readonly FileSource[]): FolderFiles {
  const config = findConfig(files);
  const folder = folderOf(config.path);
  const beside = new Map(
    files.filter((file) => folderOf(file.path) === folder).map((file) => [file.name, file]),
  );
  const named = (name: string) => beside.get(name) ?? null;
  const adapter = findAdapter(files, folder);
  return {
    name: folder.slice(folder.lastIndexOf('/') + 1) || 'model',
    config,
    index: named('model.safetensors.index.json'),
    beside: [...beside.values()],
    onnx: files.find((file) => isOnnx(file) && isWithin(file, folder)) ?? null,
    tokenizer: named('tokenizer.json'),
    tokenizerConfig: named('tokenizer_config.json'),
    chatTemplate: named('chat_template.jinja'),
    generationConfig: named('generation_config.json'),
    adapterConfig: adapter.config,
    adapterWeights: adapter.weights,
  };
}

export const adapterConfigName = 'adapter_config.json';
export const adapterWeightsName = 'adapter_model.safetensors';

const depthOf = (file: FileSource): number => file.path.split('/').length;

/** In the folder, or anywhere below it. */
const isWithin = (file: FileSource, folder: string): boolean =>
  folder === '' || file.path.startsWith(`${folder}/`);

export const isGguf = ({ name }: FileSource): boolean => /\.gguf$/i.test(name);

/** Of a model, not of an adapter. */
export const isWeights = ({ name }: FileSource): boolean =>
  name.endsWith('.safetensors') && name !== adapterWeightsName;

const isOnnx = ({ name }: FileSource): boolean => /\.onnx$/i.test(name);

function findConfig(files: readonly FileSource[]): FileSource {
  const configs = files
    .filter((file) => file.name === 'config.json')
    .toSorted((a, b) => depthOf(a) - depthOf(b));
  const [first] = configs;
  if (!first) throw noConfig(files);
  const folder = folderOf(first.path);
  // One below belongs to the same model (of a checkpoint, say); one elsewhere is another's.
  const other =
    configs.slice(1).find((file) => folderOf(file.path) === folder || !isWithin(file, folder)) ??
    files.find((file) => isGguf(file) && !isWithin(file, folder));
  if (!other) return first;
  throw new PareError(
    'model-ambiguous',
    `There are several models here: ${first.path} and ${other.path}.`,
    'Open one model at a time; only an adapter may come with it.',
  );
}

function noConfig(files: readonly FileSource[]): PareError {
  const onnx = files.find(isOnnx);
  if (onnx) return onnxOnly(onnx, `There is no config.json beside ${onnx.path}`);
  const names = files.slice(0, 5).map((file) => file.path);
  const has = files.length === 0 ? 'Nothing was opened' : `There is no config.json among ${names.join(', ')}`;
  const remedy =
    'Open the whole folder of a Hugging Face model (config.json, model.safetensors and tokenizer.json), or a GGUF file.';
  return new PareError('config-missing', `${has}.`, remedy, { files: names });
}

function onnxOnly({ path }: FileSource, problem: string): PareError {
  return new PareError(
    'weights-missing',
    `${problem}: ONNX is written here, not read.`,
    'Open the same model as Hugging Face folder, GPTQ, compressed-tensors or GGUF; Pare exports each of them.',
    { path },
  );
}

/** The adapter that came without a model; null: with one, or there is none. */
export function findLoneAdapter(files: readonly FileSource[]): FileSource | null {
  if (files.some((file) => file.name === 'config.json' || isWeights(file))) return null;
  const { config } = findAdapter(files, '');
  return config ?? files.find(({ name }) => name === adapterWeightsName) ?? null;
}

/** The PEFT adapter in a folder or in one below it, else the only one elsewhere; at the root, wherever it is. */
export function findAdapter(
  files: readonly FileSource[],
  folder: string,
): { config: FileSource | null; weights: FileSource | null } {
  const config = findAdapterConfig(files, folder);
  const place = config && folderOf(config.path);
  const weights = files.find((file) => file.name === adapterWeightsName && folderOf(file.path) === place);
  return { config, weights: weights ?? null };
}

function findAdapterConfig(files: readonly FileSource[], folder: string): FileSource | null {
  const configs = files.filter((file) => file.name === adapterConfigName);
  const own = configs.filter((file) => {
    const place = folderOf(file.path);
    return place === folder || folderOf(place) === folder || folder === '';
  });
  const dropped = configs.filter((file) => !isWithin(file, folder));
  const [first] = [...own.toSorted((a, b) => depthOf(a) - depthOf(b)), ...dropped];
  const other = dropped.find((file) => file !== first);
  if (!first || !other) return first ?? null;
  throw new PareError(
    'adapter-ambiguous',
    `There are several adapters here: ${first.path} and ${other.path}.`,
    'Open the model with one adapter at a time.',
  );
}

/** The weight files among those beside config.json, where there is no index. */
export function findWeights({ beside, onnx }: Pick<FolderFiles, 'beside' | 'onnx'>): FileSource[] {
  const candidates = beside.filter(isWeights);
  const single = candidates.find((file) => file.name === 'model.safetensors');
  if (single) return [single];
  const shards = candidates.filter((file) => /-\d+-of-\d+\.safetensors$/.test(file.name));
  if (shards.length > 0) return requireAllShards(shards);
  if (candidates.length === 1) return [...candidates];
  if (candidates.length > 1) throw severalWeights(candidates);
  if (onnx) throw onnxOnly(onnx, `There is no model.safetensors beside config.json, only ${onnx.path}`);
  const other = beside.find((file) => /\.(?:bin|pt|pth|h5|msgpack)$/.test(file.name));
  throw new PareError(
    'weights-missing',
    `There is no model.safetensors beside config.json${other ? `, only ${other.name}` : ''}.`,
    'Add the weights in safetensors form (transformers: model.save_pretrained(folder)).',
  );
}

function requireAllShards(shards: FileSource[]): FileSource[] {
  const [first] = shards;
  const total = Number(/-of-(\d+)\.safetensors$/.exec(first?.name ?? '')?.[1]);
  if (shards.length === total) return shards;
  throw new PareError(
    'shards-missing',
    `${first?.name} says that there are ${total} weight files; ${shards.length} of them are here.`,
    'Add the missing files to the folder, and open all of them together.',
  );
}

function severalWeights(candidates: readonly FileSource[]): PareError {
  return new PareError(
    'weights-ambiguous',
    `Several files could be the weights: ${candidates.map((file) => file.name).join(', ')}.`,
    'Keep one of them, called model.safetensors, beside config.json.',
  );
}
