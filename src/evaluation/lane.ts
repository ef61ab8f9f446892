import type { Program } from '../backends/backend.ts';
import { decoderOptions, repeatLimits, type Runnable } from '../models/runnable.ts';
import { allBuilt } from '../backends/all-built.ts';
import { isWindowed, scoringGraph, sharedGraph, type ResultSpace, type SharedStates } from './lane-graphs.ts';
import type { LaneShape } from './lanes.ts';
import type { Sequence } from './sequences.ts';

/** A sequence of a batch, and which sub-network runs it. */
export interface Item {
  readonly sequence: number;
  readonly limits: readonly number[];
  /** Where the hidden states of its sub-network are; unused where nothing is shared. */
  readonly slot: number;
}

/** Hidden states that sub-networks share: after so many blocks, of so many different beginnings. */
export interface Sharing {
  readonly blocks: number;
  readonly slots: number;
}

/** Runs sequences of about the same length: one program, or two where sub-networks share their first blocks. */
export class Lane {
  readonly shape: LaneShape;
  readonly #model: Runnable;
  readonly #sequences: readonly Sequence[];
  readonly #scoring: Program;
  readonly #sharing: Program | null;
  readonly #chunk: number;
  readonly #states: SharedStates | null;
  /** Sequences by place among the shared states, and the place of each. */
  #order: readonly number[];
  #places: ReadonlyMap<number, number>;
  /** Chunks that each slot holds. */
  #filled: Set<number>[] = [];

  static async create(
    model: Runnable,
    sequences: readonly Sequence[],
    shape: LaneShape,
    results: ResultSpace,
    sharing: Sharing | null,
    name: string,
  ): Promise<Lane> {
    const { backend, store, config } = model;
    const chunk = chunkOf(shape);
    const states = sharing && {
      name,
      blocks: sharing.blocks,
      rows: sharing.slots * slotRows(shape),
    };
    if (states) store.allocate(name, { dtype: 'f32', shape: [states.rows, config.hiddenSize] });
    const options = (batch: number) => decoderOptions(model, batch, shape.length);
    const graphs = [scoringGraph(config, options(shape.batch), shape, results, states)];
    if (states) graphs.push(sharedGraph(config, options(chunk), states));
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
    this.#order = shape.members;
    this.#places = placesOf(this.#order);
  }

  get scratchBytes(): number {
    return this.#scoring.scratchBytes + (this.#sharing?.scratchBytes ?? 0);
  }

  /** The order in which sequences will be asked for; shared states are forgotten. */
  reorder(order: readonly number[]): void {
    this.#order = order;
    this.#places = placesOf(order);
    this.#filled = [];
  }

  /** Another sub-network takes the slot. */
  forget(slot: number): void {
    this.#filled[slot] = new Set();
  }

  /** Runs a batch, of which as many predicted tokens as fit; gives the first row of each item’s results. `ran` hears of queued work. */
  async run(items: readonly Item[], slot: number, ran: (work: number) => Promise<void>): Promise<number[]> {
    if (this.#sharing) for (const item of items) await this.#share(item, this.#sharing, ran);
    const begins = this.#write(items, slot);
    this.#scoring.run();
    await ran(this.#scoring.work);
    return begins;
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
      const member = this.#order[chunk * this.#chunk + i];
      if (member !== undefined) ids.set(this.#sequences[member]!.ids, i * length);
    }
    program.write('ids', ids);
    if (this.#model.plan.columns > 0) program.write('limits', repeatLimits(limits, this.#chunk));
    program.write('into', Int32Array.of(slot * slotRows(this.shape) + chunk * this.#chunk * length));
    program.run();
    await ran(program.work);
  }

  #write(items: readonly Item[], slot: number): number[] {
    const { batch, length, window, rows: capacity } = this.shape;
    const windowed = isWindowed(this.shape);
    const tokens = new Int32Array(batch * length);
    const limits = new Int32Array(batch * this.#model.plan.columns);
    const first = new Int32Array(batch);
    const seen = new Int32Array(batch * window).fill(-1);
    const rows = new Int32Array(capacity).fill(-1);
    const targets = new Int32Array(capacity).fill(-1);
    const begins: number[] = [];
    let row = 0;
    items.forEach((item, b) => {
      const sequence = this.#sequences[item.sequence]!;
      if (this.#states) fillRows(tokens, b * length, this.#startOf(item), length);
      else tokens.set(sequence.ids, b * length);
      limits.set(item.limits, b * item.limits.length);
      first[b] = sequence.first;
      const inside = Math.min(window, length - sequence.first);
      fillRows(seen, b * window, b * length + sequence.first, inside);
      begins.push(row);
      sequence.targets.forEach((target, i) => {
        rows[row] = windowed ? b * window + i : b * length + sequence.first + i;
        targets[row++] = target;
      });
    });
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
    return begins;
  }

  /** The row of an item's first hidden state. */
  #startOf({ sequence, slot }: Item): number {
    return slot * slotRows(this.shape) + this.#places.get(sequence)! * this.shape.length;
  }

  dispose(): void {
    this.#scoring.dispose();
    this.#sharing?.dispose();
    if (this.#states) this.#model.store.remove(this.#states.name);
  }
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

const placesOf = (order: readonly number[]): ReadonlyMap<number, number> =>
  new Map(order.map((sequence, place) => [sequence, place]));

function fillRows(target: Int32Array, at: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) target[at + i] = from + i;
}
