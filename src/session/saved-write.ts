import { safetensorsStream } from '../formats/safetensors-write.ts';
import type { SizedStream, TensorOutput } from '../formats/safetensors-write.ts';
import { bytesOf } from '../graph/tensor.ts';
import { assert } from '../lib/assert.ts';
import { crc32 } from '../lib/crc32.ts';
import type { Checkpoint, SavedSession, SavedTensor, StepRecord } from './checkpoint.ts';
import type { SessionEvent } from './events.ts';
import { packSession, writeSessionFile } from './file.ts';
import { bytesInChecksum, bytesInFile, checksumsEntry, entryName, entryOf } from './saved-format.ts';
import { savedVersion, sessionEntry } from './saved-format.ts';
import type { SavedRecord } from './saved-format.ts';

/**
 * The session file of a session: version 1 without a checkpoint, version 2 with one. The same session gives the same
 * bytes. One tensor is in memory at a time; the stream fails where one cannot be read.
 */
export function writeSavedSession({ log, checkpoint }: SavedSession): SizedStream {
  if (!checkpoint) return streamOf(writeSessionFile(log));
  const all = tensorsOf(checkpoint);
  const checksums = new DataView(new ArrayBuffer(all.length * bytesInChecksum));
  const tensors = all.map(({ name, tensor }, index): TensorOutput => ({
    name,
    ...entryOf(tensor),
    async bytes() {
      const bytes = await bytesInFileOf(name, tensor);
      checksums.setUint32(index * bytesInChecksum, crc32(bytes), true);
      return bytes;
    },
  }));
  const packed = packSession(contentOf(log, checkpoint), 6);
  // Tensors of bytes come after all wider ones, in this order: the checksums are written when they are known.
  return safetensorsStream([
    ...tensors,
    { name: sessionEntry, dtype: 'U8', shape: [packed.length], bytes: async () => packed },
    {
      name: checksumsEntry,
      dtype: 'U8',
      shape: [all.length, bytesInChecksum],
      bytes: async () => new Uint8Array(checksums.buffer),
    },
  ]);
}

function streamOf(bytes: Uint8Array): SizedStream {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return { size: bytes.byteLength, stream };
}

interface Listed {
  readonly name: string;
  readonly tensor: SavedTensor;
}

const tensorsOf = ({ records, partial }: Checkpoint): Listed[] => [
  ...records.flatMap(listed),
  ...(partial ? listed(partial, 'partial') : []),
];

const listed = ({ tensors }: StepRecord, place: number | 'partial'): Listed[] =>
  Array.from(tensors, ([name, tensor]) => ({ name: entryName(place, name), tensor }));

async function bytesInFileOf(name: string, tensor: SavedTensor): Promise<Uint8Array> {
  const bytes = await tensor.read();
  assert(bytes.byteLength === bytesOf(tensor), `${name} was read as ${bytes.byteLength} bytes`);
  return bytes.subarray(0, bytesInFile(tensor));
}

function contentOf(log: readonly SessionEvent[], { log: then, records, partial }: Checkpoint): unknown {
  const shared = sharedEvents(log, then);
  return {
    format: 'pare-session',
    version: savedVersion,
    log,
    checkpoint: {
      shared,
      rest: then.slice(shared),
      records: records.map(saved),
      partial: partial && saved(partial),
    },
  };
}

/** How many events two logs of one run begin with alike: usually all but the last few. */
function sharedEvents(log: readonly SessionEvent[], then: readonly SessionEvent[]): number {
  const same = (index: number): boolean =>
    log[index] === then[index] || JSON.stringify(log[index]) === JSON.stringify(then[index]);
  let shared = 0;
  while (shared < then.length && shared < log.length && same(shared)) shared++;
  return shared;
}

function saved({ key, value, tensors }: StepRecord): SavedRecord {
  assertJson(key, value);
  return {
    key,
    value: value ?? null,
    tensors: Array.from(tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
  };
}

/** JSON turns what it does not know into something else without a word. */
function assertJson(key: string, value: unknown): void {
  JSON.stringify(value, (_, item: unknown) => {
    const plain =
      item === undefined ||
      item === null ||
      typeof item !== 'object' ||
      Array.isArray(item) ||
      isRecord(item);
    const number = typeof item !== 'number' || Number.isFinite(item);
    assert(
      plain && number && typeof item !== 'function',
      `the step ${key} has an outcome that is not plain JSON`,
    );
    return item;
  });
}

const isRecord = (item: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
};
