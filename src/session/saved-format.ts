import { z } from 'zod';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import { byteLength } from '../formats/safetensors.ts';
import type { TensorOutput } from '../formats/safetensors-write.ts';
import { matrixOf } from '../graph/tensor.ts';
import type { DType, TensorSpec } from '../graph/tensor.ts';

/**
 * Version 2 of the session file: a safetensors file, so that other software can read the adapters out of it. Beside the
 * tensors of the checkpoint it holds two of its own:
 *
 *   session    U8 [bytes]       gzip of the JSON below
 *   checksums  U8 [tensors, 4]  CRC-32 of each of the checkpoint's tensors, in the order of the JSON, little-endian
 *
 * The checksums come last, since they are known only when everything else has been written.
 */
export const savedVersion = 2;
export const sessionEntry = 'session';
export const checksumsEntry = 'checksums';
export const bytesInChecksum = 4;

export const mostRecords = 120_000;
export const mostTensors = 100_000;
const text = z.string().min(1).max(400);
const mostAxes = 8;

export const savedTensorSchema = z.strictObject({
  /** In the store. */
  name: text,
  dtype: z.enum(['f32', 'f16', 'bf16', 'i4', 'i32', 'u32']),
  shape: z.array(z.int().min(0).max(0xffffffff)).max(mostAxes),
});

export const savedRecordSchema = z.strictObject({
  key: text,
  value: z.unknown(),
  tensors: z.array(savedTensorSchema),
});

/** Events and records are checked one by one, once their number is known to be possible. */
export const savedContentSchema = z.strictObject({
  format: z.literal('pare-session'),
  version: z.literal(savedVersion),
  log: z.unknown(),
  checkpoint: z.strictObject({
    /** The checkpoint's log: the first `shared` events of the log, then these. */
    shared: z.int().min(0),
    rest: z.array(z.unknown()),
    records: z.array(z.unknown()),
    partial: z.unknown(),
  }),
});

export type SavedRecord = z.infer<typeof savedRecordSchema>;

/** The name of a record's tensor in the file: `3/model.layers.0.…`, or `partial/…`. */
export const entryName = (record: number | 'partial', name: string): string => `${record}/${name}`;

const dtypes: Record<Exclude<DType, 'i4'>, SafetensorsDtype> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i32: 'I32',
  u32: 'I32',
};

/** How a tensor stands in the file. Codes of 4 bits do so as bytes, two codes each, with the padding of the rows. */
export function entryOf({ dtype, shape }: TensorSpec): Pick<TensorOutput, 'dtype' | 'shape'> {
  if (dtype !== 'i4') return { dtype: dtypes[dtype], shape };
  const { rows, columns } = matrixOf(shape);
  return { dtype: 'U8', shape: [rows, Math.ceil(columns / 8) * 4] };
}

/** Bytes in the file: on the device, an odd number of 16-bit values is rounded up to a whole word. */
export const bytesInFile = (spec: TensorSpec): number => byteLength(entryOf(spec));
