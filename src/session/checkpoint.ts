import type { TensorSpec } from '../graph/tensor.ts';
import type { SessionEvent } from './events.ts';

/**
 * Where a run can go on from. A run is a fixed sequence of steps (score the base, compress, train, score a sub-network,
 * …), each of which is recorded once with its outcome; what was recorded is not done again (`recipes/journal.ts`).
 */
export interface Checkpoint {
  /** The log as it was when the last step was recorded; what came after it will come again. */
  readonly log: readonly SessionEvent[];
  readonly records: readonly StepRecord[];
  /** A step that was under way, with all it takes to go on within it: training. */
  readonly partial: StepRecord | null;
}

export interface StepRecord {
  readonly key: string;
  /** Plain JSON; whoever replays the step checks it. */
  readonly value: unknown;
  /** What the step left on the device, by name in the store: masks, codes, adapters, optimizer moments. */
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

export interface SavedTensor extends TensorSpec {
  /** Raw little-endian bytes as the store gives them. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a session file holds: the log that is shown, and where the run can go on from. */
export interface SavedSession {
  readonly log: readonly SessionEvent[];
  readonly checkpoint: Checkpoint | null;
}
