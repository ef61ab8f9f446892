/**
 * What has been downloaded, in a folder that outlives the page:
 *
 *   hub/<key>/about.json            what it is; written first, so that a download which was broken off can go on
 *   hub/<key>/file-<i>/at-<offset>  pieces of a file, one after the other; each is whole or not there
 *   hub/<key>/done-<i>              the file has been compared with what the hub says of it
 *
 * Names from the hub are kept inside about.json: none of them is ever part of a path here.
 */
import { z } from 'zod';
import { sha256 } from '../formats/sha256.ts';
import { parseJson } from '../formats/json.ts';
import { type FileSource, nameOf, readText, whole } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { Folder } from '../storage/folder.ts';
import type { HubSelection } from './choices.ts';

const fileSchema = z.strictObject({
  repository: z.string().max(200),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  path: z.string().max(500),
  as: z.string().max(500),
  size: z.int().min(0),
  oid: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/),
  large: z.boolean(),
});

const aboutSchema = z.strictObject({
  version: z.literal(1),
  added: z.string().max(40),
  selection: z.strictObject({
    kind: z.enum(['model', 'dataset']),
    name: z.string().max(200),
    revision: z.string().max(200),
    commit: z.string().regex(/^[0-9a-f]{40}$/),
    label: z.string().max(500),
    files: z.array(fileSchema).min(1).max(1000),
  }),
});

/** A download, or as much of one as there is. */
export interface HubEntry {
  readonly key: string;
  readonly selection: HubSelection;
  /** When it was begun, ISO 8601. */
  readonly added: string;
  /** Of all files. */
  readonly bytes: number;
  /** Of them, those that are here. */
  readonly kept: number;
  /** All of it is here and has been checked: it opens without a connection. */
  readonly complete: boolean;
}

const root = 'hub';
const keyPattern = /^[0-9a-f]{32}$/;
const mostAboutBytes = 2 * 1024 * 1024;

const placeOf = (key: string): string => `${root}/${key}`;
const piecesOf = (key: string, index: number): string => `${placeOf(key)}/file-${index}`;
const pieceAt = (key: string, index: number, offset: number): string =>
  `${piecesOf(key, index)}/at-${offset}`;
const doneAt = (key: string, index: number): string => `${placeOf(key)}/done-${index}`;

/** The same files of the same commits have the same key. */
export async function keyOf({ kind, files }: HubSelection): Promise<string> {
  const identity = files.map(({ repository, commit, path, as }) => [repository, commit, path, as]);
  return (await sha256(JSON.stringify([kind, identity]))).slice(0, 32);
}

/** What another version has written, or nobody can read: it takes room, and can only be removed. */
export interface DamagedEntry {
  readonly key: string;
  /** Of all that is in its folder. */
  readonly bytes: number;
}

const keysIn = async (folder: Folder): Promise<string[]> =>
  (await folder.list(root)).filter((name) => keyPattern.test(name));

/** Without one that is only being begun, which has no bytes yet. */
export async function readDamaged(folder: Folder): Promise<DamagedEntry[]> {
  const damaged: DamagedEntry[] = [];
  for (const key of await keysIn(folder)) {
    if (await readAbout(folder, key)) continue;
    const bytes = await bytesIn(folder, key);
    if (bytes > 0) damaged.push({ key, bytes });
  }
  return damaged;
}

async function bytesIn(folder: Folder, key: string): Promise<number> {
  const names = await folder.list(placeOf(key));
  const paths = names.map(async (name) => {
    const path = `${placeOf(key)}/${name}`;
    const inside = name.startsWith('file-') ? await folder.list(path) : null;
    return inside?.map((piece) => `${path}/${piece}`) ?? [path];
  });
  const files = await Promise.all((await Promise.all(paths)).flat().map((path) => folder.read(path)));
  return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

/** The latest first, but for the damaged ones. */
export async function readEntries(folder: Folder): Promise<HubEntry[]> {
  const keys = await keysIn(folder);
  const entries = await Promise.all(keys.map((key) => readEntry(folder, key)));
  return entries.filter((entry) => entry !== null).toSorted((a, b) => (a.added < b.added ? 1 : -1));
}

export async function readEntry(folder: Folder, key: string): Promise<HubEntry | null> {
  if (!keyPattern.test(key)) return null;
  const about = await readAbout(folder, key);
  if (!about) return null;
  const { selection, added } = about;
  const names = new Set(await folder.list(placeOf(key)));
  const sizes = await Promise.all(selection.files.map((_, index) => keptBytes(folder, key, index)));
  return {
    key,
    selection,
    added,
    bytes: bytesOf(selection),
    kept: sizes.reduce((sum, size) => sum + size, 0),
    complete: selection.files.every(({ size }, i) => names.has(`done-${i}`) && sizes[i] === size),
  };
}

export const bytesOf = ({ files }: Pick<HubSelection, 'files'>): number =>
  files.reduce((sum, { size }) => sum + size, 0);

/** Makes the entry, or finds it as it was left. */
export async function beginEntry(folder: Folder, selection: HubSelection): Promise<HubEntry> {
  const key = await keyOf(selection);
  const before = await readEntry(folder, key);
  if (before) return before;
  await folder.remove(placeOf(key));
  const about = aboutSchema.parse({ version: 1, added: new Date().toISOString(), selection });
  await folder.write(`${placeOf(key)}/about.json`, new TextEncoder().encode(JSON.stringify(about)));
  return { key, selection, added: about.added, bytes: bytesOf(selection), kept: 0, complete: false };
}

export const removeEntry = (folder: Folder, key: string): Promise<void> =>
  keyPattern.test(key) ? folder.remove(placeOf(key)) : Promise.resolve();

/** The files, as if they had been dropped; null where not all of them are here. */
export async function openEntry(folder: Folder, key: string): Promise<FileSource[] | null> {
  const entry = await readEntry(folder, key);
  if (!entry?.complete) return null;
  const { name, files } = entry.selection;
  const place = nameOf(name);
  return Promise.all(
    files.map(async ({ as }, index) => joined(`${place}/${as}`, await piecesIn(folder, key, index))),
  );
}

/** One file of an entry, for whoever fills it. */
export class EntryFile {
  readonly #folder: Folder;
  readonly #key: string;
  readonly #index: number;

  constructor(folder: Folder, key: string, index: number) {
    this.#folder = folder;
    this.#key = key;
    this.#index = index;
  }

  /** All `size` bytes are here, and were compared. */
  async isDone(size: number): Promise<boolean> {
    const names = await this.#folder.list(placeOf(this.#key));
    return names.includes(`done-${this.#index}`) && (await this.size()) === size;
  }

  markDone(): Promise<void> {
    return this.#folder.write(doneAt(this.#key, this.#index), new Uint8Array(1));
  }

  /** Where the next piece begins. */
  size(): Promise<number> {
    return keptBytes(this.#folder, this.#key, this.#index);
  }

  append(offset: number, content: ReadableStream<Uint8Array>): Promise<void> {
    return this.#folder.write(pieceAt(this.#key, this.#index, offset), content);
  }

  async source(path: string): Promise<FileSource> {
    return joined(path, await piecesIn(this.#folder, this.#key, this.#index));
  }

  async clear(): Promise<void> {
    await this.#folder.remove(doneAt(this.#key, this.#index));
    await this.#folder.remove(piecesOf(this.#key, this.#index));
  }
}

async function readAbout(folder: Folder, key: string): Promise<z.infer<typeof aboutSchema> | null> {
  const source = await folder.read(`${placeOf(key)}/about.json`);
  if (!source) return null;
  try {
    const text = await readText(source, mostAboutBytes);
    return aboutSchema.safeParse(parseJson(text, 'about.json')).data ?? null;
  } catch (error) {
    if (error instanceof PareError) return null;
    throw error;
  }
}

async function keptBytes(folder: Folder, key: string, index: number): Promise<number> {
  return (await piecesIn(folder, key, index)).reduce((sum, { size }) => sum + size, 0);
}

/** In order, as far as each begins where the one before it ends. */
async function piecesIn(folder: Folder, key: string, index: number): Promise<FileSource[]> {
  const offsets = (await folder.list(piecesOf(key, index)))
    .map((name) => Number(/^at-(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN))
    .filter((offset) => Number.isSafeInteger(offset))
    .toSorted((a, b) => a - b);
  const pieces: FileSource[] = [];
  let end = 0;
  for (const offset of offsets) {
    const piece = offset === end ? await folder.read(pieceAt(key, index, offset)) : null;
    if (!piece) break;
    pieces.push(piece);
    end += piece.size;
  }
  return pieces;
}

/** Several files as one. */
function joined(path: string, pieces: readonly FileSource[]): FileSource {
  return {
    name: nameOf(path),
    path,
    size: pieces.reduce((sum, { size }) => sum + size, 0),
    async read(begin, end, signal) {
      const bytes = new Uint8Array(Math.max(0, end - begin));
      let [start, filled] = [0, 0];
      for (const piece of pieces) {
        const from = Math.max(begin, start) - start;
        const to = Math.min(end, start + piece.size) - start;
        start += piece.size;
        if (from >= to) continue;
        const part = await piece.read(from, to, signal);
        if (part.byteLength === end - begin) return part;
        bytes.set(part, filled);
        filled += part.byteLength;
      }
      return whole(path, begin, end, bytes.subarray(0, filled));
    },
  };
}
