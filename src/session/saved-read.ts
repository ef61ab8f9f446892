import { openSafetensors } from '../formats/safetensors.ts';
import type { TensorEntry, TensorStore } from '../formats/safetensors.ts';
import { readAll } from '../formats/source.ts';
import type { FileSource } from '../formats/source.ts';
import { bytesOf } from '../graph/tensor.ts';
import { PareError } from '../lib/assert.ts';
import { crc32 } from '../lib/crc32.ts';
import { checkLog, firstIssue } from './checkLog.ts';
import type { Refuse } from './checkLog.ts';
import type { Checkpoint, SavedSession, SavedTensor, StepRecord } from './checkpoint.ts';
import { fileRefusal, mostCompressed, notASession, readSessionFile, unpackSession } from './file.ts';
import { integer } from './format.ts';
import * as format from './saved-format.ts';
import type { SavedRecord } from './saved-format.ts';

/** Of the safetensors header: a hundred bytes a tensor are usual. */
const mostHeader = 32 * 1024 * 1024;

/** What is needed to check and to read the tensors of a file. */
interface Opened {
  readonly name: string;
  readonly store: TensorStore;
  readonly checksums: DataView;
  readonly refuse: Refuse;
}

/**
 * Opens a session file of either version; what it says of itself is checked now, its tensors when they are read, one by
 * one. Throws a PareError `file-…` that says what is wrong with the file, whatever it holds.
 */
export async function openSavedSession(file: FileSource): Promise<SavedSession> {
  const refuse = fileRefusal(file.name);
  const start = await file.read(0, Math.min(9, file.size));
  if (start[0] === 0x1f && start[1] === 0x8b) {
    if (file.size > mostCompressed) throw refuse('too-big', 'is larger than any session needs');
    return { log: readSessionFile(await readAll(file, mostCompressed), refuse), checkpoint: null };
  }
  const store = await openTensors(file, start, refuse);
  const packed = entry(store, format.sessionEntry, refuse);
  if (packed.end - packed.begin > mostCompressed) throw refuse('too-big', 'is larger than any session needs');
  const content = unpackSession(await store.read(format.sessionEntry), format.savedVersion, refuse);
  const parsed = format.savedContentSchema.safeParse(content);
  if (!parsed.success) throw refuse('invalid', `does not hold a valid session: ${firstIssue(parsed.error)}`);
  const log = checkLog(parsed.data.log, refuse);
  const { shared, rest, records, partial } = parsed.data.checkpoint;
  if (shared > log.length) throw refuse('invalid', 'has a checkpoint of a longer log than its own');
  const then = [...log.slice(0, shared), ...rest];
  // Both logs begin alike, or the run that goes on is not the one that is shown.
  if (shared === 0 && records.length > 0)
    throw refuse('invalid', 'has a checkpoint of another run than its log');
  const opened = { name: file.name, store, checksums: await readChecksums(store, refuse), refuse };
  return {
    log,
    checkpoint: {
      // A run that recorded a step before it said anything goes on from its start.
      log: then.length === 0 ? [] : checkLog(then, refuse),
      ...openRecords(opened, records, partial),
    },
  };
}

async function openTensors(file: FileSource, start: Uint8Array, refuse: Refuse): Promise<TensorStore> {
  // The header's length, and the brace that it begins with.
  if (start.length < 9 || start[8] !== 0x7b) throw refuse(...notASession);
  const header = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (header > BigInt(mostHeader)) throw refuse('too-big', `announces a header of ${header} bytes`);
  try {
    return await openSafetensors(file);
  } catch (error) {
    if (error instanceof PareError && /^(safetensors|dtype)-/.test(error.code)) {
      throw refuse('damaged', `is damaged: ${error.message.replace(/\.$/, '')}`, undefined, error.details);
    }
    throw error;
  }
}

function entry({ entries }: TensorStore, name: string, refuse: Refuse): TensorEntry {
  const found = entries.get(name);
  if (!found) throw refuse(...notASession);
  if (found.dtype === 'U8') return found;
  throw refuse('invalid', `has a tensor “${name}” of ${found.dtype} instead of U8`);
}

async function readChecksums(store: TensorStore, refuse: Refuse): Promise<DataView> {
  const { begin, end } = entry(store, format.checksumsEntry, refuse);
  const tensors = store.entries.size - 2;
  if (tensors > format.mostTensors) throw refuse('invalid', `holds ${integer(tensors)} tensors`);
  if (end - begin !== tensors * format.bytesInChecksum) {
    throw refuse(
      'invalid',
      `holds ${integer(tensors)} tensors and ${integer(end - begin)} bytes of checksums`,
    );
  }
  return new DataView((await store.read(format.checksumsEntry)).buffer);
}

function openRecords(opened: Opened, records: unknown[], partial: unknown): Omit<Checkpoint, 'log'> {
  const { store, refuse } = opened;
  if (records.length > format.mostRecords) {
    const most = integer(format.mostRecords);
    throw refuse('invalid', `holds ${integer(records.length)} steps; at most ${most} are possible`);
  }
  let tensors = 0;
  const open = (value: unknown, place: number | 'partial'): StepRecord => {
    const record = checkRecord(value, place, refuse);
    const first = tensors;
    tensors += record.tensors.length;
    return openRecord(opened, record, place, first);
  };
  const done = records.map(open);
  const underWay = partial === null ? null : open(partial, 'partial');
  // Every declared tensor has an entry of its own, so equal numbers mean that no entry is left over.
  if (tensors !== store.entries.size - 2) {
    throw refuse(
      'invalid',
      `holds ${integer(store.entries.size - 2)} tensors of which its steps know ${integer(tensors)}`,
    );
  }
  return { records: done, partial: underWay };
}

function checkRecord(value: unknown, place: number | 'partial', refuse: Refuse): SavedRecord {
  const parsed = format.savedRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse('invalid', `does not hold a valid step: ${firstIssue(parsed.error, ['records', place])}`);
}

function openRecord(
  opened: Opened,
  { key, value, tensors }: SavedRecord,
  place: number | 'partial',
  first: number,
): StepRecord {
  const named = tensors.map((tensor, index): [string, SavedTensor] => [
    tensor.name,
    openTensor(opened, tensor, format.entryName(place, tensor.name), first + index),
  ]);
  const map = new Map(named);
  if (map.size < named.length) throw opened.refuse('invalid', `has a tensor twice in its step “${key}”`);
  return { key, value, tensors: map };
}

function openTensor(
  opened: Opened,
  spec: SavedRecord['tensors'][number],
  name: string,
  index: number,
): SavedTensor {
  const { store, checksums, refuse } = opened;
  const found = store.entries.get(name);
  if (!found) throw refuse('invalid', `has no tensor ${name}, which it claims to have`);
  const expected = format.entryOf(spec);
  if (found.dtype !== expected.dtype || String(found.shape) !== String(expected.shape)) {
    const stated = `${expected.dtype} [${expected.shape.join(', ')}]`;
    throw refuse('invalid', `has ${name} as ${found.dtype} [${found.shape.join(', ')}] instead of ${stated}`);
  }
  const { dtype, shape } = spec;
  return {
    dtype,
    shape,
    async read() {
      const bytes = await store.read(name);
      if (crc32(bytes) === checksums.getUint32(index * format.bytesInChecksum, true)) {
        return padded(bytes, bytesOf(spec));
      }
      throw refuse('damaged', `is damaged: the bytes of ${name} do not have their checksum`);
    },
  };
}

/** As the store gives them: up to a whole 32-bit word. */
function padded(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (bytes.length === length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
