import { PareError } from '../lib/assert.ts';

export const storageFull = (
  remedy = 'Delete sessions that you no longer need, or free space on the disk. What is open can still be saved as a file.',
): PareError => new PareError('storage-full', 'There is no room left to keep this session.', remedy);

export const storageDenied = (
  reason: string,
  remedy = 'Allow this page to keep data (site settings of the browser; a private window may refuse it), or save the session as a file.',
): PareError => new PareError('storage-denied', `The session could not be kept: ${reason}.`, remedy);

/** What went wrong, without the full stop: it stands inside a sentence. */
export function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}

/**
 * How a kind of storage fails: `stored` makes its failures into words, `orNull` also gives null where there is nothing.
 * Only the storage's own actions go through them, not those of a stream that is stored.
 */
export function failures(wordsOf: (cause: unknown) => Error, isMissing: (cause: unknown) => boolean) {
  const stored = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (cause) {
      throw wordsOf(cause);
    }
  };
  const orNull = async <T>(action: () => Promise<T>): Promise<T | null> => {
    try {
      return await action();
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw wordsOf(cause);
    }
  };
  return { stored, orNull };
}
