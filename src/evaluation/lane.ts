import type { Program } from '../backends/backend.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import type { Graph } from '../graph/graph.ts';
import type { DecoderOptions } from '../models/decoder.ts';
import { decoderOptions, repeatLimits, type Runnable } from '../models/runnable.ts';
import { allBuilt } from '../backends/all-built.ts';
import { isWindowed, scoringGraph, sharedGraph, type ResultSpace, type SharedStates } from './lane-graphs.ts';
import type { LaneShape } from './lanes.ts';
import type { Sequence } from './sequences.ts';

/** A sequence of a batch, and which sub-network runs it. */
export interface Item {
  readonly sequence: number;
  /** Its place in the batch, and that of its first predicted token. */
  readonly place: number;
  readonly row: number;
  readonly limits: readonly number[];
  /** Where the hidden states of its sub-network are; unused where nothing is shared. */
  readonly slot: number;
}

/** Hidden states that sub-networks share: after so many blocks, of so many different beginnings. */
export interface Sharing {
  readonly blocks: number;
  readonly slots: number;
}

/**
 * Runs sequences of about the same length: one program, or two where sub-networks share their first blocks. What it
 * allocates belongs to the scorer, which removes it.
 */
export class Lane {
  readonly shape: LaneShape;
  readonly #model: Runnable;
  readonly #sequences: readonly Sequence[];
  readonly #scoring: Program;
  readonly #sharing: Program | null;
  readonly #chunk: number;
  readonly #states: SharedStates | null;
  readonly #places: ReadonlyMap<number, number>;
  /** Chunks that each slot holds. */
  readonly #filled: Set<number>[] = [];

  static async create(
    model: Runnable,
    sequences: readonly Sequence[],
    shape: LaneShape,
    results: ResultSpace,
    sharing: Sharing | null,
    name: string,
  ): Promise<Lane> {
    const { backend, store, config } = model;
    const states = statesOf(shape, sharing, name);
    if (states) store.allocate(name, { dtype: 'f32', shape: [states.rows, config.hiddenSize] });
    const options = (batch: number) => decoderOptions(model, batch, shape.length);
    const graphs = laneGraphs(config, options, shape, results, states);
    await store.settled();
    const [scoring, shared] = await allBuilt(graphs.map((graph) => backend.compile(graph, store)));
    return new Lane(model, sequences, shape, states, scoring!, shared ?? null);
  }

  private constructor(
    model: Runnable,
    sequences: readonly Sequence[],
    shape: LaneShape,
    states: SharedStates | null,
    scoring: Program,
    sharing: Program | null,
  ) {
    this.#model = model;
    this.#sequences = sequences;
    this.shape = shape;
    this.#states = states;
    this.#scoring = scoring;
    this.#sharing = sharing;
    this.#chunk = chunkOf(shape);
    this.#places = new Map(shape.members.map((sequence, place) => [sequence, place]));
  }

  get scratchBytes(): number {
    return this.#scoring.scratchBytes + (this.#sharing?.scratchBytes ?? 0);
  }

  /** Another sub-network takes the slot. */
  forget(slot: number): void {
    this.#filled[slot] = new Set();
  }

  /** Whether a sequence still fits a batch, of which so many places and predicted tokens are taken. */
  fits(sequence: number, taken: { place: number; row: number }): boolean {
    const { batch, rows } = this.shape;
    return taken.place < batch && taken.row + this.#sequences[sequence]!.targets.length <= rows;
  }

  /** Runs a batch, whose results go to slot `slot`. `ran` hears of queued work. */
  async run(items: readonly Item[], slot: number, ran: (work: number) => Promise<void>): Promise<void> {
    if (this.#sharing) for (const item of items) await this.#share(item, this.#sharing, ran);
    this.#write(items, slot);
    this.#scoring.run();
    await ran(this.#scoring.work);
  }

  /** Makes sure that the hidden states which an item starts from are there. */
  async #share({ sequence, limits, slot }: Item, program: Program, ran: (work: number) => Promise<void>) {
    const chunk = Math.floor(this.#places.get(sequence)! / this.#chunk);
    const filled = (this.#filled[slot] ??= new Set());
    if (filled.has(chunk)) return;
    filled.add(chunk);
    const { length } = this.shape;
    const ids = new Int32Array(this.#chunk * length);
    for (let i = 0; i < this.#chunk; i++) {
      const member = this.shape.members[chunk * this.#chunk + i];
      if (member !== undefined) ids.set(this.#sequences[member]!.ids, i * length);
    }
    program.write('ids', ids);
    if (this.#model.plan.columns > 0) program.write('limits', repeatLimits(limits, this.#chunk));
    program.write('into', Int32Array.of(slot * slotRows(this.shape) + chunk * this.#chunk * length));
    program.run();
    await ran(program.work);
  }

  #write(items: readonly Item[], slot: number): void {
    const { batch, length, window, rows: capacity } = this.shape;
    const windowed = isWindowed(this.shape);
    const tokens = new Int32Array(batch * length);
    const { columns, merge } = this.#model.plan;
    // Empty places have sizes of 0, which costs least; a merged weight has the sizes of the first place.
    const limits = merge === 'none' ? new Int32Array(batch * columns) : repeatLimits(items[0]!.limits, batch);
    const first = new Int32Array(batch);
    const seen = new Int32Array(batch * window).fill(-1);
    const rows = new Int32Array(capacity).fill(-1);
    const targets = new Int32Array(capacity).fill(-1);
    for (const item of items) {
      const { place: b, row } = item;
      const sequence = this.#sequences[item.sequence]!;
      if (this.#states) fillRows(tokens, b * length, this.#startOf(item), length);
      else tokens.set(sequence.ids, b * length);
      limits.set(item.limits, b * item.limits.length);
      first[b] = sequence.first;
      const inside = Math.min(window, length - sequence.first);
      fillRows(seen, b * window, b * length + sequence.first, inside);
      const begin = windowed ? b * window : b * length + sequence.first;
      fillRows(rows, row, begin, sequence.targets.length);
      targets.set(sequence.targets, row);
    }
    const program = this.#scoring;
    program.write(this.#states ? 'from' : 'ids', tokens);
    if (limits.length > 0) program.write('limits', limits);
    if (windowed) {
      program.write('first', first);
      program.write('seen', seen);
    }
    program.write('rows', rows);
    program.write('targets', targets);
    program.write('slot', Int32Array.of(slot));
  }

  /** The row of an item's first hidden state. */
  #startOf({ sequence, slot }: Item): number {
    return slot * slotRows(this.shape) + this.#places.get(sequence)! * this.shape.length;
  }

  dispose(): void {
    this.#scoring.dispose();
    this.#sharing?.dispose();
  }
}

/** The hidden states that a lane keeps for others; null where nothing is shared. */
export const statesOf = (shape: LaneShape, sharing: Sharing | null, name: string): SharedStates | null =>
  sharing && { name, blocks: sharing.blocks, rows: sharing.slots * slotRows(shape) };

/** What a lane runs: the rest of the network, then the shared blocks, where there are any. */
export function laneGraphs(
  config: ModelConfig,
  optionsOf: (batch: number) => DecoderOptions,
  shape: LaneShape,
  results: ResultSpace,
  states: SharedStates | null,
): Graph[] {
  const graphs = [scoringGraph(config, optionsOf(shape.batch), shape, results, states)];
  if (states) graphs.push(sharedGraph(config, optionsOf(chunkOf(shape)), states));
  return graphs;
}

/** Sequences whose shared blocks run at a time. */
function chunkOf({ members, batch }: LaneShape): number {
  const most = Math.min(members.length, 2 * batch);
  return Math.ceil(members.length / Math.ceil(members.length / most));
}

/** Rows of hidden states of one beginning, the last chunk whole. */
export function slotRows(shape: LaneShape): number {
  const chunk = chunkOf(shape);
  return Math.ceil(shape.members.length / chunk) * chunk * shape.length;
}

function fillRows(target: Int32Array, at: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) target[at + i] = from + i;
}
