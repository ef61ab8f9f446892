/**
 * The origin private file system, in a page or a worker. `getFileHandle(…, { create: true })` makes an empty file at
 * once, and a crash would leave that: so a file is written under another name and moved to its place, which Chromium
 * does in one transaction of its directory's database. What a crash leaves is swept away later.
 */
import { blobSource } from '../formats/source.ts';
import type { PareError } from '../lib/assert.ts';
import { chunksOf } from './content.ts';
import { failures, reasonOf, storageDenied, storageFull } from './errors.ts';
import type { FileContent, Folder } from './folder.ts';
import { segmentsOf, splitPath } from './path.ts';

/** Where files are written before they are moved. */
const partsName = '.parts';
/** Held by every writer, shared: whoever has it alone knows that parts belong to nobody. */
const writingLock = 'pare/writing';

/**
 * Written at a time. Where there is no room for more than its pipe holds, Chromium may report a broken pipe instead of a
 * full storage (156: 3 times in 30 with 8 MiB, never in 150 with 64 KiB to 2 MiB); larger pieces are not faster.
 */
const pieceBytes = 512 * 1024;

/** In browsers since 2023, and not yet in TypeScript's library. */
interface MovableFile extends FileSystemFileHandle {
  move(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

export function opfsFolder(root: FileSystemDirectoryHandle): Folder {
  return {
    read: (path) =>
      orNull(async () => {
        const { folders, name } = splitPath(path);
        const handle = await (await folderAt(root, folders)).getFileHandle(name);
        return blobSource(path, await handle.getFile());
      }),
    async write(path, content) {
      const { folders, name } = splitPath(path);
      await navigator.locks.request(writingLock, { mode: 'shared' }, async () => {
        const parts = await stored(() => root.getDirectoryHandle(partsName, { create: true }));
        const partName = crypto.randomUUID();
        try {
          const part = await fill(parts, partName, content);
          const folder = await stored(() => folderAt(root, folders, true));
          await stored(() => part.move(folder, name));
        } catch (cause) {
          await parts.removeEntry(partName).catch(() => undefined);
          throw cause;
        }
      });
    },
    async remove(path) {
      const { folders, name } = splitPath(path);
      await orNull(async () => (await folderAt(root, folders)).removeEntry(name, { recursive: true }));
    },
    list: async (path) => (await orNull(async () => namesIn(await folderAt(root, segmentsOf(path))))) ?? [],
  };
}

/** Removes what writers left behind that have died; while anybody writes, in any tab, nothing. */
export async function sweepParts(root: FileSystemDirectoryHandle): Promise<void> {
  await navigator.locks.request(writingLock, { ifAvailable: true }, async (lock) => {
    if (lock) await orNull(() => root.removeEntry(partsName, { recursive: true }));
  });
}

async function fill(
  parts: FileSystemDirectoryHandle,
  name: string,
  content: FileContent,
): Promise<MovableFile> {
  const part = await stored(() => parts.getFileHandle(name, { create: true }));
  const writable = await stored(() => part.createWritable());
  try {
    for await (const chunk of chunksOf(content)) {
      for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
        await stored(() => writable.write(chunk.subarray(at, at + pieceBytes)));
      }
    }
    await stored(() => writable.close());
  } catch (cause) {
    await writable.abort().catch(() => undefined);
    throw cause;
  }
  return part as MovableFile;
}

async function folderAt(
  root: FileSystemDirectoryHandle,
  names: readonly string[],
  create = false,
): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names.sort();
}

/** There is no such thing, or a folder in the place of a file. */
const isMissing = (cause: unknown): boolean =>
  cause instanceof DOMException && ['NotFoundError', 'TypeMismatchError'].includes(cause.name);

function storageError(cause: unknown): PareError {
  const full = cause instanceof DOMException && cause.name === 'QuotaExceededError';
  return full ? storageFull() : storageDenied(reasonOf(cause));
}

const { stored, orNull } = failures(storageError, isMissing);
