import type { FileSource } from '../formats/source.ts';

/**
 * A folder that outlives the page: the browser's private file system, a directory on disk, or (where both are denied)
 * memory. Paths have forward slashes.
 */
export interface Folder {
  /** null where there is no such file. The file as it is now: a later `write` does not change it. */
  read(path: string): Promise<FileSource | null>;
  /**
   * Makes the folders on the way. Whole or not at all: whoever reads, after a crash too, finds the old file or the new
   * one. Throws the PareError 'storage-full' or 'storage-denied'.
   */
  write(path: string, content: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Promise<void>;
  /** Removes a file, or a folder with all that is in it; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<string[]>;
}
