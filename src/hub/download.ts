/** From the hub into the cache, piece by piece: what has arrived stays, whatever happens next. */
import { bytesSource, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { Folder } from '../storage/folder.ts';
import { beginEntry, EntryFile, type HubEntry } from './cache.ts';
import type { HubSelection } from './choices.ts';
import { changed, noRoom, offline, storageRanOut } from './errors.ts';
import { Incoming } from './incoming.ts';
import type { HubFile } from './repository.ts';
import { Sha256 } from './sha256.ts';
import { ask, usualPatience, type HubAccess } from './transport.ts';
import { addTo, verify } from './verify.ts';

export interface HubProgress {
  /** Bytes that are here, of `total`. */
  readonly done: number;
  readonly total: number;
  /** The file that is coming. */
  readonly file: string;
}

export interface DownloadOptions {
  readonly folder: Folder;
  readonly access: HubAccess;
  /** Bytes that may still be written; null: not known. */
  readonly room: () => Promise<number | null>;
  readonly onProgress?: (progress: HubProgress) => void;
  /** Milliseconds before a broken connection is tried again: as often as this list is long, while nothing arrives. */
  readonly waits?: readonly number[];
  /** Bytes of a piece. */
  readonly piece?: number;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly stall?: number;
}

/** What a killed tab loses at most. */
const pieceBytes = 16 * 1024 * 1024;
const stallMs = 60_000;
/** Beyond the files themselves, for their records and the file system's. */
const spareBytes = 1024 * 1024;

/** Resolves when every file is here and is what the hub says. Rejects with a PareError 'hub-…', or the signal's reason. */
export async function download(selection: HubSelection, options: DownloadOptions): Promise<HubEntry> {
  try {
    const entry = await beginEntry(options.folder, selection);
    if (entry.complete) return entry;
    await requireRoom(entry, options);
    let before = 0;
    for (const [index, file] of selection.files.entries()) {
      const target = new EntryFile(options.folder, entry.key, index);
      const report = (done: number) =>
        options.onProgress?.({ done: before + done, total: entry.bytes, file: file.as });
      if (!(await target.isDone(file.size))) await fetchFile(selection.kind, file, target, options, report);
      before += file.size;
      report(0);
    }
    return { ...entry, kept: entry.bytes, complete: true };
  } catch (error) {
    if (error instanceof PareError && error.code === 'storage-full') throw storageRanOut();
    throw error;
  }
}

/** A model's small file, in memory and not in the cache. */
export async function fetchSmall(file: HubFile, most: number, access: HubAccess): Promise<FileSource> {
  if (file.size > most) throw changed(file.as);
  const body = await openAt('model', file, 0, access);
  const incoming = new Incoming(body, file.size, access.patience ?? usualPatience, () => undefined);
  const bytes = new Uint8Array(await new Response(incoming.take(file.size)).arrayBuffer());
  await incoming.cancel();
  if (incoming.failure) throw incoming.failure;
  return bytesSource(file.as, bytes);
}

async function requireRoom({ bytes, kept }: HubEntry, { room }: DownloadOptions): Promise<void> {
  const needed = bytes - kept + spareBytes;
  const left = await room();
  if (left !== null && left < needed) throw noRoom(needed, left);
}

async function fetchFile(
  kind: HubSelection['kind'],
  file: HubFile,
  target: EntryFile,
  { access, waits = [500, 2000, 5000], piece = pieceBytes, stall = stallMs }: DownloadOptions,
  report: (done: number) => void,
): Promise<void> {
  const hash = new Sha256();
  let at = await target.size();
  if (at > file.size) {
    await target.clear();
    at = 0;
  }
  report(at);
  if (file.large && at > 0) await addTo(hash, await target.source(file.as), access.signal);
  for (let failures = 0; at < file.size;) {
    const begin = at;
    try {
      const body = await openAt(kind, file, begin, access);
      const incoming = new Incoming(body, file.size - begin, stall, (chunk) => {
        if (file.large) hash.update(chunk);
        at += chunk.byteLength;
        report(at);
      });
      await store(incoming, target, begin, piece, access.signal);
      if (at < file.size) throw offline('the connection ended early');
    } catch (error) {
      access.signal.throwIfAborted();
      if (at > begin) failures = 0;
      const wait = waits[failures++];
      if (wait === undefined || !isPassing(error)) throw error;
      await pause(wait, access.signal);
    }
  }
  await verify(file, target, hash);
  await target.markDone();
}

/** Worth trying again by itself. */
const isPassing = (error: unknown): boolean =>
  error instanceof PareError && ['hub-offline', 'hub-server'].includes(error.code);

/** The pieces; an error of the connection after what came before it has been stored. */
async function store(
  incoming: Incoming,
  target: EntryFile,
  begin: number,
  piece: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let offset = begin; !incoming.ended;) {
      const before = incoming.given;
      await target.append(offset, incoming.take(piece));
      offset += incoming.given - before;
    }
  } finally {
    await incoming.cancel();
  }
  signal.throwIfAborted();
  if (incoming.failure) throw incoming.failure;
}

/** The file's bytes from `begin` on. A server that knows no ranges sends all of it; the beginning is let go. */
async function openAt(
  kind: HubSelection['kind'],
  file: HubFile,
  begin: number,
  access: HubAccess,
): Promise<ReadableStream<Uint8Array>> {
  const response = await ask(
    access,
    addressOf(kind, file, access.endpoint),
    begin > 0 ? { range: `bytes=${begin}-` } : {},
  );
  try {
    requireSame(file, begin, response);
  } catch (error) {
    await response.body?.cancel().catch(() => undefined);
    throw error;
  }
  const body = response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  return begin > 0 && response.status === 200 ? body.pipeThrough(without(begin)) : body;
}

export function addressOf(kind: HubSelection['kind'], file: HubFile, endpoint: string): string {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${file.repository}/resolve/${file.commit}/${path}`;
}

/** What the answer says of itself, where a page may see it: a redirect hides some, and a CDN has tags of its own. */
function requireSame(file: HubFile, begin: number, { headers, status }: Response): void {
  const commit = headers.get('x-repo-commit');
  if (commit !== null && commit !== file.commit) throw changed(file.as);
  const tag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '').replace(/^W\/|"/g, '');
  const isOid = file.large ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/;
  if (isOid.test(tag) && tag !== file.oid) throw changed(file.as);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status !== 206 || !range) return;
  const total = range[2] === '*' ? file.size : Number(range[2]);
  if (Number(range[1]) !== begin || total !== file.size) throw changed(file.as);
}

function without(count: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = count;
  return new TransformStream({
    transform(chunk, controller) {
      const skipped = Math.min(left, chunk.byteLength);
      left -= skipped;
      if (skipped < chunk.byteLength) controller.enqueue(chunk.subarray(skipped));
    },
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
