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

function findConfig(files: readonly FileSource[]): FileSource {
  const configs = files
    .filter((file) => file.name === 'config.json')
    .toSorted((a, b) => depthOf(a) - depthOf(b));
  const [first, second] = configs;
  if (!first) throw noConfig(files);
  if (!second || depthOf(second) > depthOf(first)) return first;
  throw new PareError(
    'model-ambiguous',
    `There are several models here: ${first.path} and ${second.path}.`,
    'Open one model folder at a time.',
  );
}

function noConfig(files: readonly FileSource[]): PareError {
  const names = files.slice(0, 5).map((file) => file.path);
  const has = files.length === 0 ? 'Nothing was opened' : `There is no config.json among ${names.join(', ')}`;
  const remedy =
    'Open the whole folder of a Hugging Face model (config.json, model.safetensors and tokenizer.json), or a GGUF file.';
  return new PareError('config-missing', `${has}.`, remedy, { files: names });
}

/** The PEFT adapter in a folder or in one below it; at the root, wherever it is. */
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
  const below = files.filter((file) => {
    if (file.name !== adapterConfigName) return false;
    const place = folderOf(file.path);
    return place === folder || folderOf(place) === folder || folder === '';
  });
  return below.toSorted((a, b) => depthOf(a) - depthOf(b))[0] ?? null;
}

/** The weight files among those beside config.json, where there is no index. */
export function findWeights(beside: readonly FileSource[]): FileSource[] {
  const candidates = beside.filter(
    (file) => file.name.endsWith('.safetensors') && file.name !== adapterWeightsName,
  );
  const single = candidates.find((file) => file.name === 'model.safetensors');
  if (single) return [single];
  const shards = candidates.filter((file) => /-\d+-of-\d+\.safetensors$/.test(file.name));
  if (shards.length > 0) return requireAllShards(shards);
  if (candidates.length === 1) return [...candidates];
  if (candidates.length > 1) throw severalWeights(candidates);
  const other = beside.find((file) => /\.(?:bin|pt|pth|h5|msgpack|onnx)$/.test(file.name));
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
