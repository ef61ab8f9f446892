/** Files served beside the page, such as the embedded demo. */
import { PareError } from '../lib/assert.ts';
import { bytesSource, type FileSource } from './source.ts';

/** Loads all of `url` into memory. `path` is what the file is called from then on (default: as in the URL). */
export async function fetchSource(
  url: string | URL,
  path?: string,
  signal?: AbortSignal,
): Promise<FileSource> {
  const address = String(url);
  const response = await fetch(address, signal ? { signal } : {}).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw failed(address, cause instanceof Error ? cause.message : String(cause));
  });
  if (!response.ok) throw failed(address, `the server answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytesSource(path ?? address.replace(/[?#].*$/, '').replace(/^.*\//, ''), bytes);
}

function failed(address: string, reason: string): PareError {
  return new PareError(
    'fetch-failed',
    `${address} could not be loaded: ${reason}.`,
    'Check the connection and reload the page.',
  );
}
