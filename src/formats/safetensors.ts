/**
 * Reads safetensors: 8 bytes of header length, a JSON header, then the tensors without gaps. The header comes
 * from anywhere, so nothing it says is believed before it agrees with the file's size; no more is read or
 * allocated than the file holds. (Format: huggingface/safetensors, `safetensors/src/tensor.rs`.)
 */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { scanJson } from './json.ts';
import type { FileSource } from './source.ts';

/** Bytes an element. */
export const dtypeBytes = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDtype = keyof typeof dtypeBytes;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Bytes `begin`..`end` − 1 of the file that holds it. */
  readonly begin: number;
  readonly end: number;
}

/** Named tensors, in one file or several. */
export interface TensorStore {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The bytes of one tensor, or of the part `from`..`to` − 1 of them. */
  read(name: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
}

interface ReadOptions {
  from?: number;
  to?: number;
  signal?: AbortSignal;
}

/** As in the reference implementation. */
const maxHeaderBytes = 100_000_000;
const prefixBytes = 8;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(16),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Opens a file and checks its whole header. Tensor data are read later, one tensor at a time. */
export async function openSafetensors(file: FileSource): Promise<TensorStore> {
  const headerBytes = await readHeaderLength(file);
  const header = parseHeader(file, await file.read(prefixBytes, prefixBytes + headerBytes));
  const { __metadata__: metadata, ...tensors } = header;
  const dataBegin = prefixBytes + headerBytes;
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(file, dataBegin, name, value));
  checkCoverage(file, dataBegin, entries);
  return storeOf(file, entries, parseMetadata(file, metadata));
}

/** The error every problem of a weight file becomes. */
export function damaged(path: string, problem: string, details: Record<string, unknown> = {}): PareError {
  const remedy =
    'The file is damaged or was cut off. Download it again, or export it again with safetensors.';
  return new PareError('safetensors-invalid', `${path}: ${problem}`, remedy, details);
}

export function missingTensor(path: string, name: string): PareError {
  return new PareError(
    'tensor-missing',
    `${path} has no tensor ${name}.`,
    'Check that the file is complete.',
  );
}

function storeOf(file: FileSource, list: TensorEntry[], metadata: Record<string, string>): TensorStore {
  const entries = new Map(list.map((entry) => [entry.name, entry]));
  return {
    entries,
    metadata,
    async read(name, { from = 0, to, signal } = {}) {
      const entry = entries.get(name);
      if (!entry) throw missingTensor(file.path, name);
      const end = to === undefined ? entry.end : Math.min(entry.end, entry.begin + to);
      return file.read(Math.min(entry.begin + from, end), end, signal);
    },
  };
}

async function readHeaderLength(file: FileSource): Promise<number> {
  if (file.size < prefixBytes) {
    throw damaged(file.path, `it has ${file.size} bytes, fewer than the 8 of a header length.`, {
      offset: 0,
    });
  }
  const prefix = await file.read(0, prefixBytes);
  const stated = new DataView(prefix.buffer).getBigUint64(0, true);
  const room = Math.min(file.size - prefixBytes, maxHeaderBytes);
  if (stated <= BigInt(room)) return Number(stated);
  const has = `but at most ${room} are possible in a file of ${file.size} bytes`;
  throw damaged(file.path, `its first 8 bytes (offset 0) announce a header of ${stated} bytes, ${has}.`, {
    offset: 0,
  });
}

function parseHeader(file: FileSource, bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(file.path, `its header (offset ${prefixBytes}) is not UTF-8 text.`, {
      offset: prefixBytes,
    });
  }
  const found = scanJson(text);
  if (found) {
    const offset = prefixBytes + new TextEncoder().encode(text.slice(0, found.offset)).length;
    throw damaged(file.path, `its header is not valid at offset ${offset}: ${found.problem}.`, { offset });
  }
  const header: unknown = JSON.parse(text);
  const result = z.record(z.string(), z.unknown()).safeParse(header);
  if (result.success) return result.data;
  throw damaged(file.path, `its header (offset ${prefixBytes}) is not a JSON object.`, {
    offset: prefixBytes,
  });
}

function parseMetadata(file: FileSource, value: unknown): Record<string, string> {
  const result = z.record(z.string(), z.string()).safeParse(value ?? {});
  if (result.success) return result.data;
  throw damaged(file.path, 'the field __metadata__ of its header is not a map of texts.', {
    offset: prefixBytes,
  });
}

function parseEntry(file: FileSource, dataBegin: number, name: string, value: unknown): TensorEntry {
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const field = [name, ...(issue?.path ?? [])].map(String).join('.');
    throw damaged(file.path, `in its header, ${field}: ${issue?.message ?? 'not as expected'}.`, { field });
  }
  const { dtype, shape, data_offsets: offsets } = result.data;
  if (!isDtype(dtype)) throw unsupported(file, name, dtype);
  const entry = { name, dtype, shape, begin: dataBegin + offsets[0], end: dataBegin + offsets[1] };
  checkExtent(file, dataBegin, entry);
  return entry;
}

function isDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(dtypeBytes, name);
}

function unsupported(file: FileSource, name: string, dtype: string): PareError {
  const readable = Object.keys(dtypeBytes).join(', ');
  return new PareError(
    'dtype-unsupported',
    `${file.path}: ${name}.dtype is ${dtype.slice(0, 40)}, which Pare cannot read.`,
    `Save the model in one of ${readable}; for weights, F32, F16 or BF16.`,
    { field: `${name}.dtype`, dtype },
  );
}

function checkExtent(file: FileSource, dataBegin: number, entry: TensorEntry): void {
  const { name, begin, end } = entry;
  const stated = `${name}.data_offsets [${begin - dataBegin}, ${end - dataBegin}] (offset ${begin} of the file)`;
  const details = { field: `${name}.data_offsets`, offset: begin };
  if (end < begin) throw damaged(file.path, `${stated} end before they begin.`, details);
  if (end > file.size) {
    const held = Math.max(0, file.size - dataBegin);
    throw damaged(
      file.path,
      `${stated} run past the end of the file, which holds ${held} bytes of data.`,
      details,
    );
  }
  const expected = byteLength(entry);
  if (end - begin === expected) return;
  const shape = `[${entry.shape.join(', ')}]`;
  throw damaged(
    file.path,
    `${stated} are ${end - begin} bytes, but ${entry.dtype} ${shape} needs ${expected}.`,
    details,
  );
}

/** Tensors must follow one another from the first data byte to the last, as the reference demands. */
function checkCoverage(file: FileSource, dataBegin: number, entries: TensorEntry[]): void {
  let at = dataBegin;
  let before = 'the header';
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      const how = begin < at ? 'overlaps' : `leaves a gap of ${begin - at} bytes after`;
      throw damaged(file.path, `${name}.data_offsets: the tensor at offset ${begin} ${how} ${before}.`, {
        field: `${name}.data_offsets`,
        offset: begin,
      });
    }
    at = end;
    before = name;
  }
  if (at === file.size) return;
  throw damaged(file.path, `${file.size - at} bytes at offset ${at} belong to no tensor.`, { offset: at });
}

/** Bytes of a tensor of this type and shape. */
export function byteLength({ dtype, shape }: { dtype: SafetensorsDtype; shape: readonly number[] }): number {
  return shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, dtypeBytes[dtype]);
}
