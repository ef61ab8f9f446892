/** Apart from the rest of the hub: whoever only opens what is here needs nothing that connects. */
import type { FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { Folder } from '../storage/folder.ts';
import { openEntry } from './cache.ts';

/** The files of a download; throws the PareError 'hub-not-kept' where they are not all here. */
export async function openDownloaded(folder: Folder, key: string): Promise<FileSource[]> {
  const files = await openEntry(folder, key);
  if (files) return files;
  throw new PareError(
    'hub-not-kept',
    'This browser has no complete copy of that download.',
    'Look the name up on the hub again.',
  );
}
