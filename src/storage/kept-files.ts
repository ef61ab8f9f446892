/** Files of models and data sets, kept once for all sessions that need them. Their index is written last: no index, no copy. */
import { z } from 'zod';
import { parseJson } from '../formats/json.ts';
import { type FileSource, nameOf, readText } from '../formats/source.ts';
import { assert, PareError } from '../lib/assert.ts';
import { streamOf } from './content.ts';
import type { Folder } from './folder.ts';
import type { KeptKind } from './library.ts';

const indexSchema = z.strictObject({
  version: z.literal(1),
  /** In the order of their names here. Paths are as they were given: any text. */
  files: z.array(z.strictObject({ path: z.string(), size: z.int().min(0) })),
});

const mostIndexBytes = 16 * 1024 * 1024;

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

export function keptPath(kind: KeptKind, sha256: string): string {
  assert(isSha256(sha256), `${sha256} is no SHA-256`);
  return `${kind}/${sha256}`;
}

const fileAt = (path: string, position: number): string => `${path}/file-${position}`;

/** null where a file is missing or has another size: a copy that a crash has cut off, or half removed. */
export async function readKept(folder: Folder, path: string): Promise<FileSource[] | null> {
  const index = await readIndex(folder, path);
  if (!index) return null;
  const files: FileSource[] = [];
  for (const [position, entry] of index.files.entries()) {
    const source = await folder.read(fileAt(path, position));
    if (source?.size !== entry.size) return null;
    files.push(renamed(source, entry.path));
  }
  return files;
}

/** Copies the files slice by slice. Where it fails, nothing of them stays. */
export async function copyFiles(folder: Folder, path: string, files: readonly FileSource[]): Promise<void> {
  try {
    for (const [position, file] of files.entries())
      await folder.write(fileAt(path, position), streamOf(file));
    const index = { version: 1, files: files.map((file) => ({ path: file.path, size: file.size })) };
    await folder.write(`${path}/index.json`, new TextEncoder().encode(JSON.stringify(index)));
  } catch (cause) {
    await folder.remove(path).catch(() => undefined);
    throw cause;
  }
}

async function readIndex(folder: Folder, path: string): Promise<z.infer<typeof indexSchema> | null> {
  const source = await folder.read(`${path}/index.json`);
  if (!source) return null;
  try {
    const text = await readText(source, mostIndexBytes);
    return indexSchema.safeParse(parseJson(text, 'index.json')).data ?? null;
  } catch (error) {
    if (error instanceof PareError) return null;
    throw error;
  }
}

const renamed = (source: FileSource, path: string): FileSource => ({
  name: nameOf(path),
  path,
  size: source.size,
  read: (begin, end, signal) => source.read(begin, end, signal),
});
