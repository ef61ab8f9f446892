import { PareError } from '../lib/assert.ts';

export interface TrainingShape {
  readonly sequences: number;
  readonly length: number;
  /** Scored positions of a batch, at most. */
  readonly rows: number;
  /**
   * Equal parts into which a batch is split, 1 where it is left out; must divide `sequences`. They go through the network
   * one after the other and their gradients are added up before the one update, so that a step needs working memory for
   * one of them only. Losses and gradients are the unsplit batch's but for rounding, and for the dropout of an adapter on
   * the head, whose rows are numbered within a part.
   */
  readonly accumulation?: number;
}

/** What a step learns from; padding is marked by −1. */
export interface TrainingBatch {
  /** [sequences · length] */
  readonly ids: Int32Array;
  /** [rows] sequence · length + position, all different. */
  readonly rows: Int32Array;
  /** [rows] */
  readonly targets: Int32Array;
}

/** The shape of each part. Any of its positions may be scored, but no more than a whole batch has. */
export interface PartShape {
  readonly parts: number;
  readonly sequences: number;
  readonly length: number;
  readonly rows: number;
}

export function partShape({ sequences, length, rows, accumulation = 1 }: TrainingShape): PartShape {
  const part = sequences / accumulation;
  if (!Number.isInteger(part) || !(accumulation >= 1)) {
    throw new PareError(
      'bad-accumulation',
      `A batch of ${sequences} cannot be split into ${accumulation} equal parts.`,
      'Choose a number of parts that divides the batch size.',
      { sequences, accumulation },
    );
  }
  const most = accumulation === 1 ? rows : Math.min(rows, part * length);
  return { parts: accumulation, sequences: part, length, rows: most };
}

/** Whole sequences to each part, in order; rows are numbered within their part. */
export function splitBatch(batch: TrainingBatch, { parts, sequences, length, rows }: PartShape) {
  if (parts === 1) return [batch];
  const positions = sequences * length;
  const split = Array.from({ length: parts }, (_, part) => ({
    ids: batch.ids.subarray(part * positions, (part + 1) * positions),
    rows: new Int32Array(rows).fill(-1),
    targets: new Int32Array(rows).fill(-1),
    used: 0,
  }));
  batch.rows.forEach((row, index) => {
    if (row < 0) return;
    const part = split[Math.floor(row / positions)]!;
    part.rows[part.used] = row % positions;
    part.targets[part.used++] = batch.targets[index]!;
  });
  return split;
}
