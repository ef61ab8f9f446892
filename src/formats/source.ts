/**
 * Files as the formats see them: something with a size that can be read in slices. Where the bytes come
 * from (a dropped file, memory, a disk in Node, HTTP) is the adapter's business.
 */
import { PareError } from '../lib/assert.ts';

export interface FileSource {
  /** The last part of `path`. */
  readonly name: string;
  /** Relative to what was dropped or opened, with forward slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes `begin`..`end` − 1 in memory of their own. Fails where the file has fewer. */
  read(begin: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The folder part of a path, without the last slash; empty at the root. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** A dropped or picked file, or any other Blob. */
export function blobSource(path: string, blob: Blob): FileSource {
  return {
    name: nameOf(path),
    path,
    size: blob.size,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      const buffer = await blob
        .slice(begin, end)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw unreadable(path, cause);
        });
      return whole(path, begin, end, new Uint8Array(buffer));
    },
  };
}

/** Bytes in memory. */
export function bytesSource(path: string, bytes: Uint8Array): FileSource {
  return {
    name: nameOf(path),
    path,
    size: bytes.byteLength,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      return whole(path, begin, end, new Uint8Array(bytes.subarray(begin, end)));
    },
  };
}

/** The whole file, if it is no larger than `limit` bytes. */
export async function readAll(source: FileSource, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > limit) {
    throw new PareError(
      'file-too-large',
      `${source.path} has ${source.size} bytes; at most ${limit} are read.`,
      'Check that it is the file you meant, or use a smaller one.',
      { size: source.size, limit },
    );
  }
  return source.read(0, source.size);
}

/** The whole file as UTF-8 text, without a byte-order mark. */
export async function readText(source: FileSource, limit: number): Promise<string> {
  return decodeText(await readAll(source, limit), source.path);
}

/** UTF-8 without a byte-order mark; anything else is refused. */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const hint = bytes[0] === 0xff || bytes[0] === 0xfe ? ' It looks like UTF-16.' : '';
    throw new PareError('not-utf8', `${path} is not UTF-8 text.${hint}`, 'Save it again as UTF-8.');
  }
}

/** What every adapter checks: a short read means the file changed or is cut off. */
export function whole(
  path: string,
  begin: number,
  end: number,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength === end - begin) return bytes;
  throw new PareError(
    'file-truncated',
    `${path} ends early: bytes ${begin} to ${end} were asked for and ${bytes.byteLength} came back.`,
    'Download or copy the file again, then open it again.',
    { begin, end, got: bytes.byteLength },
  );
}

export function unreadable(path: string, cause: unknown): PareError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PareError(
    'file-unreadable',
    `${path} could not be read: ${reason}`,
    'It may have been moved, changed or deleted since it was opened. Open it again.',
  );
}
