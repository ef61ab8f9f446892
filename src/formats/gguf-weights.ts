/**
 * Weights of a GGUF file in the model's form, one tensor at a time. INT4 that is a grid stays INT4, floats stay what
 * they are, everything else is read as float32: d·q of Q8_0 has up to 18 significant bits, more than half precision
 * holds.
 */
import { fromFloat32, toFloat32, type FloatDtype } from '../lib/half.ts';
import { dequantize, isBlockType } from './ggml-blocks.ts';
import { hasGrid, int4Group, unpackInt4, type Int4Type } from './ggml-int4.ts';
import { ggmlBytes, ggmlForms, type GgmlType } from './ggml-types.ts';
import type { GgufFile, GgufTensor } from './gguf.ts';
import { damagedGguf } from './gguf-cursor.ts';
import type { GgufPlace } from './gguf-names.ts';
import type { QuantizedEntry, StoredInt4, StoredTensor, WeightEntry } from './model-folder.ts';

/** A tensor of the file, and what it is in the model. */
export interface Placed {
  readonly tensor: GgufTensor;
  readonly place: GgufPlace;
}

/** Bytes that are in memory beside the tensor that is being read. */
const pieceBytes = 1 << 22;

/** Q4_0 always is a grid, Q4_1 where Pare wrote it: to know it, all of its blocks are looked at, up to the first that is none. */
export async function isInt4({ file }: GgufFile, { type, begin, end }: GgufTensor): Promise<boolean> {
  if (type === 'Q4_0') return true;
  if (type !== 'Q4_1') return false;
  const step = Math.floor(pieceBytes / ggmlForms.Q4_1.bytes) * ggmlForms.Q4_1.bytes;
  for (let at = begin; at < end; at += step) {
    if (!hasGrid('Q4_1', await file.read(at, Math.min(end, at + step)))) return false;
  }
  return true;
}

export const sizeOf = ({ tensor }: Placed) => tensor.end - tensor.begin;

function dtypeOf(type: GgmlType): FloatDtype {
  if (type === 'F16') return 'f16';
  return type === 'BF16' ? 'bf16' : 'f32';
}

export const entryOf = (placed: Placed): WeightEntry => ({
  dtype: dtypeOf(placed.tensor.type),
  shape: placed.place.shape,
  bytes: sizeOf(placed),
});

export function int4EntryOf(placed: Placed): QuantizedEntry {
  const shape = placed.place.shape as [number, number];
  return {
    shape,
    group: int4Group,
    groups: shape[1] / int4Group,
    symmetric: false,
    scaleBytes: 2,
    bytes: sizeOf(placed),
  };
}

/** The tensor piece by piece, each row where the model has it. */
export async function readFloats(
  { file }: GgufFile,
  { tensor, place }: Placed,
  signal?: AbortSignal,
): Promise<StoredTensor> {
  const { type, shape, begin } = tensor;
  const rows = shape.length === 1 && !place.order ? 1 : shape[0]!;
  const fileRow = ggmlBytes(type, shape) / rows;
  const step = Math.max(1, Math.floor(pieceBytes / fileRow));
  const first = await piece(0);
  const rowBytes = first.byteLength / Math.min(step, rows);
  const bytes = new Uint8Array(rowBytes * rows);
  for (let from = 0; from < rows; from += step) {
    const values = from === 0 ? first : await piece(from);
    if (!place.order) bytes.set(values, from * rowBytes);
    else
      for (let i = 0; i * rowBytes < values.length; i++)
        bytes.set(
          values.subarray(i * rowBytes, (i + 1) * rowBytes),
          place.order.toModel(from + i) * rowBytes,
        );
  }
  if (place.offset !== 0) subtract(bytes, dtypeOf(type), place.offset);
  return { dtype: dtypeOf(type), shape, bytes };

  async function piece(from: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = Math.min(rows, from + step);
    const read = await file.read(begin + from * fileRow, begin + end * fileRow, signal);
    return isBlockType(type) ? fromFloat32(dequantize(type, read), 'f32') : read;
  }
}

function subtract(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype, offset: number): void {
  const values = toFloat32(bytes, dtype).map((value) => value - offset);
  bytes.set(fromFloat32(values, dtype));
}

export async function readInt4(
  { file }: GgufFile,
  { tensor, place }: Placed,
  signal?: AbortSignal,
): Promise<StoredInt4> {
  const { type, begin, end, name } = tensor;
  const bytes = await file.read(begin, end, signal);
  if (!hasGrid(type as Int4Type, bytes)) {
    throw damagedGguf(file.path, `${name} has a scale that is not finite`, { field: name, offset: begin });
  }
  return unpackInt4(
    type as Int4Type,
    bytes,
    place.shape as [number, number],
    (row) => place.order?.toFile(row) ?? row,
  );
}
