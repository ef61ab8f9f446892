/** Files and folders on disk, for the headless runner and for tests. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PareError } from '../lib/assert.ts';
import { type FileSource, unreadable, whole } from '../formats/source.ts';

/** Levels of folders that are looked into: a model folder, and its adapter's. */
const maxDepth = 2;

/** One file. `path` is what it is called from then on (default: its own name). */
export async function nodeFile(file: string, path: string = basename(file)): Promise<FileSource> {
  const { size } = await stat(file).catch(() => missing(file));
  return {
    name: basename(path),
    path,
    size,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      const length = Math.max(0, Math.min(end, size) - begin);
      return whole(path, begin, end, await readAt(file, begin, length));
    },
  };
}

/** A file that is read by its handle: what else takes its name meanwhile is another file. It is closed after `work`. */
export async function withFile<T>(file: string, work: (source: FileSource) => Promise<T>): Promise<T> {
  const handle = await open(file).catch(() => missing(file));
  try {
    const { size } = await handle.stat();
    return await work({
      name: basename(file),
      path: file,
      size,
      async read(begin, end, signal) {
        signal?.throwIfAborted();
        const length = Math.max(0, Math.min(end, size) - begin);
        return whole(file, begin, end, await readFrom(handle, begin, length));
      },
    });
  } finally {
    await handle.close();
  }
}

/** The files in a folder and in its folders, by name; hidden ones are left out. A path to a file gives that file. */
export async function nodeFolder(folder: string): Promise<FileSource[]> {
  const info = await stat(folder).catch(() => missing(folder));
  if (!info.isDirectory()) return [await nodeFile(folder)];
  const paths = await list(folder, '', maxDepth);
  return Promise.all(paths.map((path) => nodeFile(join(folder, path), path)));
}

async function list(folder: string, prefix: string, depth: number): Promise<string[]> {
  const paths: string[] = [];
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(join(folder, path))));
    if (!isFolder) paths.push(path);
    else if (depth > 1) paths.push(...(await list(folder, path, depth - 1)));
  }
  return paths;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => missing(path))).isDirectory();
}

async function readAt(file: string, begin: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    return await readFrom(handle, begin, length);
  } finally {
    await handle.close();
  }
}

/** The bytes that there are, up to `length`. */
async function readFrom(handle: FileHandle, begin: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, begin + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.slice(0, done);
}

function missing(path: string): never {
  throw new PareError('file-missing', `There is no file or folder ${path}.`, 'Check the path.');
}
