import { bytesSource } from '../formats/source.ts';
import type { FileSource } from '../formats/source.ts';
import type { SizedStream } from '../formats/safetensors-write.ts';
import { bytesOf } from '../graph/tensor.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import type { Checkpoint, SavedSession, SavedTensor, StepRecord } from './checkpoint.ts';
import type { SessionEvent } from './events.ts';
import { logFixture, randomFixture } from './session.testing.ts';

/** A tensor of random bytes. As on a device, what pads it to a whole word is zero. */
export function tensorFixture(spec: TensorSpec, next: () => number): SavedTensor {
  const bytes = new Uint8Array(bytesOf(spec));
  const halves = spec.dtype === 'f16' || spec.dtype === 'bf16';
  const used = halves ? 2 * spec.shape.reduce((product, extent) => product * extent, 1) : bytes.length;
  for (let index = 0; index < used; index++) bytes[index] = Math.floor(next() * 256);
  return { ...spec, read: async () => bytes.slice() };
}

/** A session as one is in the middle of its training: something is done, something is under way. */
export function savedFixture(log = logFixture({ finish: false })): SavedSession & { checkpoint: Checkpoint } {
  const next = randomFixture(3);
  const module = 'model.layers.0.mlp.up_proj';
  const specs = {
    [`${module}.mask`]: { dtype: 'u32', shape: [4, 3] },
    [`${module}.codes`]: { dtype: 'i4', shape: [5, 11] },
    [`${module}.scales`]: { dtype: 'f16', shape: [5, 3] },
  } as const;
  const adapter = {
    [`${module}.lora_A.weight`]: { dtype: 'f32', shape: [4, 12] },
    [`${module}.lora_B.weight`]: { dtype: 'bf16', shape: [11] },
    order: { dtype: 'i32', shape: [7] },
  } as const;
  const tensors = (all: Record<string, TensorSpec>) =>
    new Map(Object.entries(all).map(([name, spec]) => [name, tensorFixture(spec, next)]));
  return {
    log,
    checkpoint: {
      log: log.slice(0, -4),
      records: [
        { key: 'score base', value: { score: 0.5, examples: [1, 2] }, tensors: new Map() },
        { key: 'compress', value: null, tensors: tensors(specs) },
      ],
      partial: { key: 'train', value: { step: 40, random: [1, 2, 3, 4] }, tensors: tensors(adapter) },
    },
  };
}

export async function collect({ size, stream }: SizedStream): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes came instead of the ${size} announced`);
  return bytes;
}

export const fileOf = (bytes: Uint8Array, name = 'demo.pare'): FileSource => bytesSource(name, bytes);

export interface Contents {
  readonly log: readonly SessionEvent[];
  readonly checkpoint: {
    readonly log: readonly SessionEvent[];
    readonly records: unknown[];
    readonly partial: unknown;
  } | null;
}

/** All of a session, every tensor read, one after the other. */
export async function contentsOf({ log, checkpoint }: SavedSession): Promise<Contents> {
  if (!checkpoint) return { log, checkpoint };
  const records = [];
  for (const record of checkpoint.records) records.push(await contentsOfRecord(record));
  const partial = checkpoint.partial && (await contentsOfRecord(checkpoint.partial));
  return { log, checkpoint: { log: checkpoint.log, records, partial } };
}

async function contentsOfRecord({ key, value, tensors }: StepRecord): Promise<unknown> {
  const read = [];
  for (const [name, { dtype, shape, read: bytes }] of tensors)
    read.push({ name, dtype, shape, bytes: await bytes() });
  return { key, value, tensors: read };
}
