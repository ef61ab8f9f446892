/**
 * Reads GGUF, versions 2 and 3, little-endian: counts, metadata, tensor infos, then the tensors at aligned offsets.
 * The file comes from anywhere: every count, length, type and offset is checked against its size before anything is
 * read or allocated for it. (ggml-org/ggml, `docs/gguf.md`; why not @huggingface/gguf: docs/decisions/0019-gguf.md.)
 */
import { PareError } from '../lib/assert.ts';
import { ggmlBytes, ggmlForms, ggmlTypeOf, foreignType, type GgmlType } from './ggml-types.ts';
import { damagedGguf, GgufCursor, isNumberType, numberBytes } from './gguf-cursor.ts';
import { GgufMetadata, type GgufField, type GgufValue } from './gguf-metadata.ts';
import type { FileSource } from './source.ts';

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Row-major, [..., row]: the file has it the other way round. */
  readonly shape: readonly number[];
  /** Bytes `begin`..`end` − 1 of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface GgufFile {
  readonly file: FileSource;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const magic = 0x46554747; // "GGUF"
const stringType = 8;
const arrayType = 9;
const boolType = 7;
/** More than any vocabulary has words or merges. */
const maxArray = 1 << 22;
const maxNameBytes = 256;
const maxDimensions = 4; // of ggml

/** Opens a file and checks its whole header. Tensor data are read later, one tensor at a time. */
export async function openGguf(file: FileSource): Promise<GgufFile> {
  const cursor = new GgufCursor(file);
  await requireVersion(file, cursor);
  // The least that a tensor and a field of the metadata take up in the file.
  const tensorCount = await cursor.u64(cursor.left / 32, 'the number of tensors');
  const fieldCount = await cursor.u64(cursor.left / 13, 'the number of metadata fields');
  const metadata = await readMetadata(file, cursor, fieldCount);
  const infos: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) infos.push(await readTensorInfo(file, cursor));
  const tensors = placeTensors(file, infos, cursor.offset, alignmentOf(metadata));
  return { file, metadata, tensors };
}

async function requireVersion(file: FileSource, cursor: GgufCursor): Promise<void> {
  if (file.size < 24 || (await cursor.u32()) !== magic) {
    throw damagedGguf(file.path, 'it does not begin with "GGUF" (offset 0)', { offset: 0 });
  }
  const version = await cursor.u32();
  if (version === 2 || version === 3) return;
  const swapped = version === 0x02000000 || version === 0x03000000;
  throw new PareError(
    'gguf-version',
    `${file.path} is ${swapped ? 'a big-endian GGUF file' : `GGUF version ${version} (offset 4)`}; Pare reads versions 2 and 3, little-endian.`,
    'Convert the model again with a current llama.cpp (convert_hf_to_gguf.py).',
    { version, offset: 4 },
  );
}

async function readMetadata(file: FileSource, cursor: GgufCursor, count: number): Promise<GgufMetadata> {
  const fields = new Map<string, GgufField>();
  for (let i = 0; i < count; i++) {
    cursor.field = `metadata field ${i + 1} of ${count}`;
    const key = await cursor.text('its key');
    cursor.field = key.slice(0, maxNameBytes);
    if (fields.has(key)) throw cursor.fail('the key comes twice');
    const type = await cursor.u32();
    const { offset } = cursor;
    fields.set(key, { value: await readValue(cursor, type), offset });
  }
  return new GgufMetadata(file.path, fields);
}

async function readValue(cursor: GgufCursor, type: number): Promise<GgufValue> {
  if (type === stringType) return cursor.text('the text');
  if (type === arrayType) return readArray(cursor);
  if (!isNumberType(type)) throw cursor.fail(`value type ${type} is unknown`, cursor.offset - 4);
  const [value] = await cursor.numbers(type, 1);
  return type === boolType ? value !== 0 : value!;
}

async function readArray(cursor: GgufCursor): Promise<GgufValue> {
  const type = await cursor.u32();
  const known = type === stringType || isNumberType(type);
  if (!known) throw cursor.fail(`an array of type ${type} is unknown`, cursor.offset - 4);
  const room = (cursor.left - 8) / (type === stringType ? 8 : numberBytes(type));
  const count = await cursor.u64(Math.min(room, maxArray), 'the length of the array');
  if (type !== stringType) return cursor.numbers(type, count);
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(await cursor.text(`element ${i}`));
  return texts;
}

interface TensorInfo extends Omit<GgufTensor, 'begin' | 'end'> {
  /** From the beginning of the data. */
  readonly begin: number;
  /** Where the offset stands in the header. */
  readonly stated: number;
}

async function readTensorInfo(file: FileSource, cursor: GgufCursor): Promise<TensorInfo> {
  cursor.field = 'a tensor';
  const start = cursor.offset;
  const name = await cursor.text('its name');
  cursor.field = name.slice(0, maxNameBytes);
  if (name.length > maxNameBytes) throw cursor.fail('the name is too long', start);
  const dimensions = await cursor.u32();
  if (dimensions < 1 || dimensions > maxDimensions)
    throw cursor.fail(`it has ${dimensions} dimensions`, cursor.offset - 4);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.unshift(await readExtent(cursor, file.size, shape));
  const type = await readType(file, cursor, shape);
  const stated = cursor.offset;
  const begin = await cursor.u64(file.size, 'its offset');
  return { name, type, shape, begin, stated };
}

/** No tensor has more elements than its file has half bytes: the product stays exact. */
async function readExtent(cursor: GgufCursor, size: number, inner: readonly number[]): Promise<number> {
  const most = (2 * size) / inner.reduce((product, extent) => product * extent, 1);
  const extent = await cursor.u64(most, 'a dimension');
  if (extent > 0) return extent;
  throw cursor.fail('a dimension is 0', cursor.offset - 8);
}

async function readType(file: FileSource, cursor: GgufCursor, shape: readonly number[]): Promise<GgmlType> {
  const id = await cursor.u32();
  const type = ggmlTypeOf(id);
  if (!type) throw unsupported(file, cursor, id);
  const { block } = ggmlForms[type];
  if (shape.at(-1)! % block === 0) return type;
  throw cursor.fail(`rows of ${shape.at(-1)} are no whole ${type} blocks of ${block}`, cursor.offset - 4);
}

function unsupported(file: FileSource, cursor: GgufCursor, id: number): PareError {
  const name = foreignType(id);
  return new PareError(
    'dtype-unsupported',
    `${file.path}: ${cursor.field} (offset ${cursor.offset - 4}) is of type ${name}, which Pare cannot read.`,
    `Use a file in F16, BF16, Q8_0, Q4_K_M or Q4_0; llama.cpp makes one of the original model. Pare reads ${Object.keys(ggmlForms).join(', ')}.`,
    { field: cursor.field, offset: cursor.offset - 4, type: name },
  );
}

function alignmentOf(metadata: GgufMetadata): number {
  const alignment = metadata.count('general.alignment', { min: 1, max: 1 << 20 }) ?? 32;
  if ((alignment & (alignment - 1)) === 0) return alignment;
  throw metadata.fail('general.alignment', `is ${alignment}, which is no power of two`);
}

/** Puts the tensors where the data begin, and checks that they are there, aligned, and do not overlap. */
function placeTensors(
  file: FileSource,
  infos: readonly TensorInfo[],
  headerEnd: number,
  alignment: number,
): Map<string, GgufTensor> {
  const dataBegin = Math.ceil(headerEnd / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  let before = { name: 'the header', end: dataBegin };
  for (const { stated: offset, ...info } of infos.toSorted((a, b) => a.begin - b.begin)) {
    const begin = dataBegin + info.begin;
    const end = begin + ggmlBytes(info.type, info.shape);
    const fail = (problem: string) =>
      damagedGguf(file.path, `${info.name} (offset ${offset}): ${problem}`, { field: info.name, offset });
    if (tensors.has(info.name)) throw fail('the name comes twice');
    if (info.begin % alignment !== 0) throw fail(`its data at ${begin} are not aligned to ${alignment}`);
    if (end > file.size) throw fail(`its data end at ${end}, but the file has ${file.size} bytes`);
    if (begin < before.end) throw fail(`its data at ${begin} overlap ${before.name}`);
    before = { name: info.name, end };
    tensors.set(info.name, { ...info, begin, end });
  }
  return new Map(infos.map(({ name }) => [name, tensors.get(name)!]));
}
