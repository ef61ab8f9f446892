/**
 * Which sequences run in which shape. A program has one length, and every row of it costs the same whether it is padding or
 * not, so sequences of very different lengths run in up to three shapes; what a sequence runs in depends on the set alone,
 * since programs of other shapes may take other kernels, which sum in other orders.
 */
import type { Sequence } from './sequences.ts';

/** The shape of one program, and the sequences that run in it. */
export interface LaneShape {
  /** Positions of a sequence, padding included. */
  readonly length: number;
  /** Neighbouring positions of a sequence that may be predicted at, at most. */
  readonly window: number;
  /** Sequences of a batch. */
  readonly batch: number;
  /** Predicted tokens of a batch. */
  readonly rows: number;
  /** Indices of the sequences; the place of one in this list is its place in the lane. */
  readonly members: readonly number[];
}

const mostLanes = 3;
/** Another program is worth it where it saves this share of all positions. */
const worthwhile = 0.1;

/** Sizes that keep a batch's activations small and its dispatches large. */
const mostSequences = 64;
const mostPositions = 2048;
/** Of the logits, in numbers: 32 MB. */
const mostLogits = 2 ** 23;
/** Predicted tokens of a batch over what its sequences have on average. */
const room = 1.25;

/** @param mixed whether a batch may hold sequences of several sub-networks */
export function lanesOf(sequences: readonly Sequence[], vocabSize: number, mixed: boolean): LaneShape[] {
  return buckets(sequences).map((members) => shapeOf(sequences, members, vocabSize, mixed));
}

const lengthOf = ({ ids }: Sequence) => Math.max(1, ids.length);

/** Indices by length, cut where that saves most. */
function buckets(sequences: readonly Sequence[]): number[][] {
  const sorted = sequences
    .map((_, i) => i)
    .toSorted((a, b) => lengthOf(sequences[a]!) - lengthOf(sequences[b]!));
  const found = [sorted];
  const total = costOf(sequences, sorted);
  while (found.length < mostLanes) {
    const cuts = found.map((bucket) => bestCut(sequences, bucket));
    const best = cuts.reduce((most, { saved }, i) => (saved > cuts[most]!.saved ? i : most), 0);
    const { at, saved } = cuts[best]!;
    if (saved < worthwhile * total) break;
    found.splice(best, 1, found[best]!.slice(0, at), found[best]!.slice(at));
  }
  return found;
}

/** Positions that a bucket in rising order takes. */
const costOf = (sequences: readonly Sequence[], bucket: readonly number[]): number =>
  bucket.length * lengthOf(sequences[bucket.at(-1)!]!);

/** Where to cut a bucket in two, and the positions that saves. */
function bestCut(sequences: readonly Sequence[], bucket: readonly number[]): { at: number; saved: number } {
  const longest = lengthOf(sequences[bucket.at(-1)!]!);
  let best = { at: 0, saved: 0 };
  for (let at = 1; at < bucket.length; at++) {
    const saved = at * (longest - lengthOf(sequences[bucket[at - 1]!]!));
    if (saved > best.saved) best = { at, saved };
  }
  return best;
}

function shapeOf(
  sequences: readonly Sequence[],
  members: readonly number[],
  vocabSize: number,
  mixed: boolean,
): LaneShape {
  const counts = members.map((index) => sequences[index]!.targets.length);
  // Multiples of four keep vectors whole. Members are by rising length.
  const length = roundUp(lengthOf(sequences[members.at(-1)!]!), 4);
  const window = roundUp(
    counts.reduce((most, count) => Math.max(most, count), 1),
    4,
  );
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const fitting = Math.min(
    mostSequences,
    mostPositions / length,
    mostLogits / (room * Math.max(1, mean) * vocabSize),
  );
  const most = Math.max(1, Math.floor(fitting));
  // Where sub-networks do not share batches, those of one are equally full.
  const batch = mixed ? most : Math.ceil(members.length / Math.ceil(members.length / most));
  const rows = Math.min(batch * window, Math.max(window, Math.ceil(batch * mean * room)));
  return { length, window, batch, rows, members };
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
