/** What reading a file costs, counted rather than timed: bytes asked of the file, and bytes of arrays made. */
import type { FileSource } from './source.ts';

export interface Work {
  reads: number;
  /** Bytes that were asked for, in all reads. */
  asked: number;
  /** Bytes of the arrays that were made by their length. */
  allocated: number;
}

/** A file that fails where it is asked for what it does not have, and counts what it gives. */
export function watched(file: FileSource, work: Work): FileSource {
  return {
    ...file,
    read(begin, end, signal) {
      const whole = Number.isSafeInteger(begin) && Number.isSafeInteger(end);
      if (!whole || begin < 0 || end < begin || end > file.size)
        throw new Error(`bytes ${begin} to ${end} were asked of ${file.path}, which has ${file.size}`);
      work.reads++;
      work.asked += end - begin;
      return file.read(begin, end, signal);
    },
  };
}

const arrays = [
  'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'ArrayBuffer',
] as const; // prettier-ignore

/** Arrays by length go through these constructors; slices and copies of what is there do not, and cannot be large. */
export async function counted<T>(work: Work, run: () => Promise<T>): Promise<T> {
  const originals = arrays.map((name) => [name, globalThis[name]] as const);
  const originalFrom = Array.from;
  for (const [name, original] of originals) {
    const bytes = 'BYTES_PER_ELEMENT' in original ? original.BYTES_PER_ELEMENT : 1;
    const proxy: unknown = new Proxy(original, {
      construct(target, args: unknown[], made) {
        if (typeof args[0] === 'number') count(work, args[0] * bytes);
        return Reflect.construct(target, args, made === proxy ? target : made) as object;
      },
    });
    Object.assign(globalThis, { [name]: proxy });
  }
  Array.from = ((...args: Parameters<typeof originalFrom>) => {
    const [{ length }] = args as unknown as [{ length?: unknown }];
    if (typeof length === 'number') count(work, 8 * length);
    return originalFrom.apply(Array, args);
  }) as typeof Array.from;
  try {
    return await run();
  } finally {
    Object.assign(globalThis, Object.fromEntries(originals));
    Array.from = originalFrom;
  }
}

/** More than any test file warrants: stopped before the machine suffers. */
const mostAtOnce = 2 ** 28;

function count(work: Work, bytes: number): void {
  work.allocated += bytes;
  if (bytes > mostAtOnce) throw new Error(`an array of ${bytes} bytes was asked for`);
}
