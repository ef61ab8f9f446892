/** Weights cut into several safetensors files, with or without the index that says which tensor is where. */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checked, parseJson } from './json.ts';
import {
  damaged,
  missingTensor,
  openSafetensors,
  type TensorEntry,
  type TensorStore,
} from './safetensors.ts';
import { type FileSource, folderOf, readText } from './source.ts';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });
const maxIndexBytes = 64 * 2 ** 20;

/** Opens the shards that an index (`model.safetensors.index.json`) names; they lie beside it. */
export async function openSharded(index: FileSource, files: readonly FileSource[]): Promise<TensorStore> {
  const json = parseJson(await readText(index, maxIndexBytes), index.path);
  const { weight_map: places } = checked(indexSchema, json, index.path, 'Download the index again.');
  const names = [...new Set(Object.values(places))].toSorted();
  const folder = folderOf(index.path);
  const shards = new Map(
    files.filter((file) => folderOf(file.path) === folder).map((file) => [file.name, file]),
  );
  const missing = names.filter((name) => !shards.has(name));
  if (missing.length > 0) throw missingShards(index.path, names.length, missing);
  const stores = await openAll(names.map((name) => shards.get(name) as FileSource));
  const merged = mergeStores(stores, (name, shard) => places[name] === shard.name);
  for (const [name, shard] of Object.entries(places)) {
    if (!merged.entries.has(name))
      throw damaged(index.path, `weight_map puts ${name} into ${shard}, which has no such tensor.`);
  }
  return merged;
}

/** Opens several files that together hold the weights. */
export async function openTogether(files: readonly FileSource[]): Promise<TensorStore> {
  return mergeStores(await openAll(files), () => true);
}

type Shards = Map<FileSource, TensorStore>;

async function openAll(files: readonly FileSource[]): Promise<Shards> {
  const stores = await Promise.all(files.map((file) => openSafetensors(file)));
  return new Map(files.map((file, i) => [file, stores[i] as TensorStore]));
}

function mergeStores(shards: Shards, belongs: (name: string, shard: FileSource) => boolean): TensorStore {
  const entries = new Map<string, TensorEntry>();
  const owners = new Map<string, TensorStore>();
  let metadata: Record<string, string> = {};
  for (const [shard, store] of shards) {
    metadata = { ...metadata, ...store.metadata };
    for (const entry of store.entries.values()) {
      if (!belongs(entry.name, shard)) continue;
      if (entries.has(entry.name)) throw damaged(shard.path, `${entry.name} is in another file as well.`);
      entries.set(entry.name, entry);
      owners.set(entry.name, store);
    }
  }
  return {
    entries,
    metadata,
    async read(name, options) {
      const owner = owners.get(name);
      if (!owner) throw missingTensor([...shards.keys()].map((shard) => shard.name).join(', '), name);
      return owner.read(name, options);
    },
  };
}

function missingShards(path: string, total: number, missing: string[]): PareError {
  const shown = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
  return new PareError(
    'shards-missing',
    `${path} names ${total} weight files; ${missing.length} of them are not there: ${shown}.`,
    'Add the missing files to the folder, and open all of them together.',
    { missing },
  );
}
