import { PareError } from '../lib/assert.ts';
import type { DroppedFile } from '../workers/studio.protocol.ts';
import { openData } from './data.ts';
import { openModel } from './model.ts';
import { notify, reportError } from './notices.ts';
import { openSessionFile } from './share.ts';

export interface Sorted {
  model: DroppedFile[];
  data: DroppedFile[];
  session: DroppedFile | null;
}

const modelFiles =
  /^(config|tokenizer|tokenizer_config|generation_config|special_tokens_map|added_tokens|vocab|adapter_config|quantize_config|.*\.safetensors\.index)\.json$|^merges\.txt$|\.(safetensors|gguf|onnx|bin|model|jinja|zip)$/i;
const dataFiles = /\.(jsonl|ndjson|json|csv|tsv|parquet|txt)$/i;
/** What travels in a model's folder and is neither its weights nor anybody's data. */
const companions = /^(readme|license|notice|usage_policy|\.).*/i;

const baseName = (path: string): string => path.split('/').at(-1) ?? path;
const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

/** Decides by name what was dropped: a model, data, or a session; a JSON inside a model's folder is the model's. */
export function sortDropped(files: readonly DroppedFile[]): Sorted {
  const modelFolders = new Set(
    files
      .filter((file) => /^config\.json$|\.safetensors$/i.test(baseName(file.path)))
      .map((file) => folderOf(file.path)),
  );
  const sorted: Sorted = { model: [], data: [], session: null };
  for (const file of files) {
    const name = baseName(file.path);
    const inModelFolder = folderOf(file.path) !== '' && modelFolders.has(folderOf(file.path));
    if (/\.pare(\.json\.gz)?$/i.test(name)) sorted.session ??= file;
    else if (companions.test(name)) continue;
    else if (modelFiles.test(name) || (inModelFolder && /\.json$/i.test(name))) sorted.model.push(file);
    else if (dataFiles.test(name)) sorted.data.push(file);
  }
  return sorted;
}

/** Opens everything that was dropped on the page or picked. */
export async function openDropped(files: readonly DroppedFile[]): Promise<void> {
  const { model, data, session } = sortDropped(files);
  if (session) return openSessionFile(session.file);
  const [first, ...others] = data;
  if (model.length === 0 && !first) return reportError(nothingKnown(files));
  if (others.length > 0) {
    notify(
      'data-several',
      `Only ${first?.path} was opened of ${data.length} data files.`,
      'Drop the one that you want.',
    );
  }
  if (model.length > 0) await openModel(model);
  if (first) await openData(first);
}

function nothingKnown(files: readonly DroppedFile[]): PareError {
  const names = files.slice(0, 3).map((file) => baseName(file.path));
  return new PareError(
    'drop-unknown',
    names.length > 0 ? `Pare does not know what ${names.join(', ')} is for.` : 'The folder is empty.',
    'Drop a Hugging Face model folder (config.json, *.safetensors, tokenizer.json) or a zip of one, a GGUF file, data (.jsonl, .json, .csv, .parquet, .txt), or a session (.pare).',
  );
}
