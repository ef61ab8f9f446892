/** A library of sessions in a directory on disk. For one process at a time: its locks end where the process does. */
import type { Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileSource, nameOf, unreadable, whole } from '../formats/source.ts';
import { chunksOf } from '../storage/content.ts';
import { failures, reasonOf, storageDenied, storageFull } from '../storage/errors.ts';
import type { FileContent, Folder } from '../storage/folder.ts';
import { segmentsOf } from '../storage/path.ts';

/** Where files are written before they are renamed. */
const partsName = '.parts';
/** Parts of this process so far; a name that a dead process with our id has left is written over. */
let parts = 0;

export async function nodeStorage(directory: string): Promise<Folder> {
  const at = (path: string) => join(directory, ...segmentsOf(path));
  await sweepParts(directory);
  return {
    async read(path) {
      const file = at(path);
      const info = await orNull(() => stat(file));
      return info?.isFile() ? snapshot(file, path, info) : null;
    },
    async write(path, content) {
      const file = at(path);
      const part = join(directory, partsName, `${process.pid}-${parts++}`);
      try {
        await fill(part, content);
        await stored(() => mkdir(dirname(file), { recursive: true }));
        await stored(() => rename(part, file));
      } catch (cause) {
        await rm(part, { force: true }).catch(() => undefined);
        throw cause;
      }
      await flushFolder(dirname(file));
    },
    remove: (path) => stored(() => rm(at(path), { recursive: true, force: true })),
    list: async (path) => ((await orNull(() => readdir(at(path)))) ?? []).sort(),
  };
}

async function fill(part: string, content: FileContent): Promise<void> {
  await stored(() => mkdir(dirname(part), { recursive: true }));
  const handle = await stored(() => open(part, 'w'));
  try {
    for await (const chunk of chunksOf(content)) await stored(() => writeAll(handle, chunk));
    // Before the rename: else a power cut may keep the new name and lose what is under it.
    await stored(() => handle.sync());
  } finally {
    await handle.close();
  }
}

/** `write` may take less than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    done += (await handle.write(bytes, done, bytes.byteLength - done)).bytesWritten;
  }
}

/** The new name itself reaches the disk. Not every file system can: the file is whole either way. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** The file as it was; once it has been replaced, reading fails. */
function snapshot(file: string, path: string, was: Stats): FileSource {
  return {
    name: nameOf(path),
    path,
    size: was.size,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      const handle = await open(file).catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      try {
        const is = await handle.stat();
        if (is.ino !== was.ino || is.mtimeMs !== was.mtimeMs) throw unreadable(path, 'it was written again');
        const bytes = new Uint8Array(Math.max(0, Math.min(end, was.size) - begin));
        return whole(path, begin, end, bytes.subarray(0, await readInto(handle, bytes, begin)));
      } finally {
        await handle.close();
      }
    },
  };
}

/** Fills `bytes` from `position` on; gives the bytes that there were. */
async function readInto(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Removes what processes have left that are no more. */
async function sweepParts(directory: string): Promise<void> {
  const folder = join(directory, partsName);
  for (const name of (await orNull(() => readdir(folder))) ?? []) {
    if (!isAlive(Number.parseInt(name, 10))) await stored(() => rm(join(folder, name), { force: true }));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** There is no such thing, or a file in the place of a folder. */
const isMissing = (cause: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');

function storageError(cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? storageFull('Free space on the disk, or choose another folder.')
    : storageDenied(reasonOf(cause), 'Check that the folder may be written to, or choose another one.');
}

const { stored, orNull } = failures(storageError, isMissing);
