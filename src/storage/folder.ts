import type { FileSource } from '../formats/source.ts';

/**
 * A folder that outlives the page: the browser's private file system, a directory on disk, or (where both are denied)
 * memory. Paths have forward slashes and plain names (see `path.ts`). What fails throws the PareError 'storage-full' or
 * 'storage-denied'.
 */
export interface Folder {
  /**
   * null where there is no such file. The file as it is now: once it is written again or removed, reading on gives the
   * old bytes or fails with 'file-unreadable', never a mixture.
   */
  read(path: string): Promise<FileSource | null>;
  /**
   * Makes the folders on the way. Whole or not at all: whoever reads, after a crash too, finds the old file or the new
   * one. An error of the stream is passed on as it is.
   */
  write(path: string, content: FileContent): Promise<void>;
  /** Removes a file, or a folder with all that is in it; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<string[]>;
}

export type FileContent = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
