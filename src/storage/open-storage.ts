import { PareError } from '../lib/assert.ts';
import { reasonOf } from './errors.ts';
import { exclusiveHere, exclusiveInBrowser } from './exclusive.ts';
import type { LibraryOptions } from './library.ts';
import { memoryFolder } from './memory-folder.ts';
import { opfsFolder, sweepParts } from './opfs-folder.ts';

/** All that `createLibrary` wants, and what the page should know of it. */
export interface OpenStorage extends Required<LibraryOptions> {
  /** Outlives the page. */
  readonly persistent: boolean;
}

/** This site's storage, in a page or a worker; memory where the browser refuses it. Never rejects. */
export async function openStorage(): Promise<OpenStorage> {
  try {
    const root = await rootFolder();
    await sweepParts(root);
    return {
      folder: opfsFolder(root),
      exclusive: exclusiveInBrowser,
      room: roomLeft,
      persistent: true,
      notice: null,
    };
  } catch (cause) {
    return {
      folder: memoryFolder(),
      exclusive: exclusiveHere(),
      // A model's copy would not outlive the page, only fill its memory.
      room: () => Promise.resolve(0),
      persistent: false,
      notice: `This browser keeps no sessions for this page (${reasonOf(cause)}): save the session as a file before you close it.`,
    };
  }
}

/**
 * Asks the browser not to clear this site's data when the disk runs low. Only a page can ask, and some browsers ask the
 * user: to be called when there is something to lose. False where it is refused; what is stored then stays as long as
 * the browser likes.
 */
export async function askToPersist(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}

async function rootFolder(): Promise<FileSystemDirectoryHandle> {
  // Where the page is not secure, or the browser older than 2023, some of these are not there.
  const handle = (globalThis as { FileSystemFileHandle?: { prototype: object } }).FileSystemFileHandle;
  const usable = handle && 'createWritable' in handle.prototype && 'move' in handle.prototype;
  if (!usable || !('locks' in navigator)) {
    throw new PareError(
      'storage-denied',
      'it has no private file system',
      'Use a newer browser, over https.',
    );
  }
  return (await navigator.storage.getDirectory()).getDirectoryHandle('pare', { create: true });
}

/** What the browser would let this site write; null where it does not say. */
async function roomLeft(): Promise<number | null> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  } catch {
    return null;
  }
}
