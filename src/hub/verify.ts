import type { FileSource } from '../formats/source.ts';
import type { EntryFile } from './cache.ts';
import { damaged } from './errors.ts';
import type { HubFile } from './repository.ts';
import type { Sha256 } from './sha256.ts';

/** Small files are compared whole. */
const mostBlobBytes = 64 * 1024 * 1024;
const sliceBytes = 4 * 1024 * 1024;

/** Against the name of the contents in the listing: SHA-256, or git's SHA-1 of a blob. What differs is deleted. */
export async function verify(file: HubFile, target: EntryFile, hash: Sha256): Promise<void> {
  const found = file.large ? hash.digest() : await blobName(await target.source(file.as));
  if (found === null || found === file.oid) return;
  await target.clear();
  throw damaged(file.as);
}

/** null where it is too large to be compared in memory: no host keeps such files in git. */
async function blobName(source: FileSource): Promise<string | null> {
  if (source.size > mostBlobBytes) return null;
  const head = new TextEncoder().encode(`blob ${source.size}\0`);
  const bytes = new Uint8Array(head.byteLength + source.size);
  bytes.set(head);
  bytes.set(await source.read(0, source.size), head.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What is here already. */
export async function addTo(hash: Sha256, source: FileSource, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < source.size; at += sliceBytes) {
    hash.update(await source.read(at, Math.min(at + sliceBytes, source.size), signal));
  }
}
