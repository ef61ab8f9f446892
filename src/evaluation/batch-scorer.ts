/**
 * Scores sub-networks of one super-network together. Every sequence of a batch may be another sub-network's; the last block
 * runs only where something is predicted; the first blocks run once for all sub-networks that have them in common; and a
 * sub-network that cannot reach what is asked of it is not finished. What comes out is what `Evaluator` gives, to rounding,
 * and does not depend on what is scored beside it.
 */
import { Pacer } from '../backends/pacer.ts';
import type { Graph } from '../graph/graph.ts';
import type { DecoderOptions } from '../models/decoder.ts';
import { columnsOfBlocks } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import type { SharedBeginnings } from '../search/shared-blocks.ts';
import type { Scores } from './evaluator.ts';
import type { ResultSpace } from './lane-graphs.ts';
import { Lane, laneGraphs, slotRows, statesOf, type Item, type Sharing } from './lane.ts';
import { lanesOf, type LaneShape } from './lanes.ts';
import { portionSize, portionsOf } from './portions.ts';
import { Progress, type Schedule } from './progress.ts';
import { SharedSlots } from './shared-slots.ts';
import { Tally, type Scored } from './tally.ts';

/** A sub-network to score. */
export interface Candidate {
  readonly limits: readonly number[];
  /** Hears what it scores at best, as far as it was scored; true: it needs not be finished. Absent: it is scored whole. */
  readonly isHopeless?: ((best: Scores) => boolean) | undefined;
}

export interface Outcome {
  /** Where fewer examples were seen than there are: what it would have scored at best. */
  readonly scores: Scores;
  readonly seen: number;
}

export interface BatchOptions {
  /** Several sub-networks will be scored. Absent: one, or a few. */
  readonly search?: SharedBeginnings | undefined;
}

export type Pause = () => Promise<void>;

/** Batches whose results are read together, at most. */
const slots = 32;
/** Bytes of hidden states that are kept for others, at most. */
const mostShared = 2 ** 26;
const fewestSlots = 4;

export class BatchScorer {
  /** Sub-networks that fill batches together. */
  readonly group: number;
  readonly #model: Runnable;
  readonly #scored: Scored;
  readonly #lanes: readonly Lane[];
  readonly #results: ResultSpace;
  readonly #mixed: boolean;
  /** What it keeps in the store begins with this. */
  readonly #prefix: string;
  readonly #sharing: { readonly columns: readonly number[]; readonly slots: number } | null;
  readonly #shared: SharedSlots;
  readonly #schedule: Schedule;

  static async create(model: Runnable, scored: Scored, { search }: BatchOptions): Promise<BatchScorer> {
    const { store } = model;
    const prefix = freePrefix(model);
    const { shapes, results, sharing, mixed, group } = planOf(model, scored, search, prefix);
    const lanes: Lane[] = [];
    try {
      for (const name of [results.losses, results.hits])
        store.allocate(name, { dtype: 'f32', shape: [results.slots, results.rows] });
      for (const [index, shape] of shapes.entries())
        lanes.push(
          await Lane.create(model, scored.sequences, shape, results, sharing, statesName(prefix, index)),
        );
      return new BatchScorer(model, scored, lanes, results, sharing, { mixed, group, prefix });
    } catch (error) {
      for (const lane of lanes) lane.dispose();
      removeAll(model, prefix);
      throw error;
    }
  }

  private constructor(
    model: Runnable,
    scored: Scored,
    lanes: readonly Lane[],
    results: ResultSpace,
    sharing: Sharing | null,
    { mixed, group, prefix }: { mixed: boolean; group: number; prefix: string },
  ) {
    this.#model = model;
    this.#scored = scored;
    this.#lanes = lanes;
    this.#results = results;
    this.#mixed = mixed;
    this.group = group;
    this.#prefix = prefix;
    this.#sharing = sharing && {
      slots: sharing.slots,
      columns: columnsOfBlocks(model.plan, sharing.blocks),
    };
    this.#shared = new SharedSlots(sharing?.slots ?? 0);
    this.#schedule = this.#scheduleOf();
  }

  /** Working memory on the device, in bytes. */
  get scratchBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.scratchBytes, 0);
  }

  /** `pause` is called between batches; it may wait, or throw to stop. `onExamples` hears of examples that are done. */
  async score(
    candidates: readonly Candidate[],
    pause: Pause = () => Promise.resolve(),
    onExamples: (done: number) => void = () => {},
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const step = this.#sharing ? Math.min(this.group, this.#sharing.slots) : this.group;
    for (let begin = 0; begin < candidates.length; begin += step)
      outcomes.push(
        ...(await this.#scoreGroup(candidates.slice(begin, begin + step), pause, (done) =>
          onExamples(begin * this.#scored.examples.length + done),
        )),
      );
    return outcomes;
  }

  async #scoreGroup(candidates: readonly Candidate[], pause: Pause, onExamples: (done: number) => void) {
    const starts = this.#slotsOf(candidates);
    const running = candidates.map(
      (candidate, i) => new Progress(candidate, starts[i]!, new Tally(this.#scored), this.#schedule),
    );
    const pacer = new Pacer(this.#model.backend, pause);
    const ran = (work: number) => pacer.ran(work);
    while (running.some((each) => !each.over)) {
      const queued = await this.#round(running, ran);
      await this.#read(queued);
      for (const each of running) each.decide();
      onExamples(running.reduce((sum, { tally }) => sum + tally.seen, 0));
      await pause();
    }
    return running.map(({ tally }) => ({ scores: tally.best(), seen: tally.seen }));
  }

  /** Queues what every sub-network needs for its next decision, in whole batches. */
  async #round(running: readonly Progress[], ran: (work: number) => Promise<void>): Promise<Taken[][]> {
    const queued: Taken[][] = [];
    while (queued.length < this.#results.slots) {
      const next = running.find((each) => each.wantedLane !== null);
      if (!next) break;
      const index = next.wantedLane!;
      const lane = this.#lanes[index]!;
      const filling = this.#mixed ? running : [next];
      const taken = fill(filling, index, lane);
      await lane.run(
        taken.map(({ item }) => item),
        queued.length,
        ran,
      );
      queued.push(taken);
    }
    return queued;
  }

  async #read(queued: readonly (readonly Taken[])[]): Promise<void> {
    const { store } = this.#model;
    const [losses, hits] = await Promise.all(
      [this.#results.losses, this.#results.hits].map(
        async (name) => new Float32Array((await store.read(name)).buffer),
      ),
    );
    queued.forEach((taken, slot) => {
      for (const { item, of } of taken)
        of.tally.add(item.sequence, losses!, hits!, slot * this.#results.rows + item.row);
    });
  }

  #slotsOf(candidates: readonly Candidate[]): number[] {
    if (!this.#sharing) return candidates.map(() => 0);
    const { columns } = this.#sharing;
    const keys = candidates.map(({ limits }) => columns.map((column) => limits[column]).join());
    const taken = this.#shared.take(keys);
    for (const { slot, isNew } of taken.values())
      if (isNew) for (const lane of this.#lanes) lane.forget(slot);
    return keys.map((key) => taken.get(key)!.slot);
  }

  #scheduleOf(): Schedule {
    const laneOf = new Map(
      this.#lanes.flatMap(({ shape }, lane) => shape.members.map((sequence) => [sequence, lane] as const)),
    );
    const ofExample = this.#scored.examples.map((): number[] => []);
    this.#scored.sequences.forEach(({ example }, index) => ofExample[example]!.push(index));
    // Lanes are by rising length: an example counts as its longest sequence.
    const kinds = ofExample.map((own) => Math.max(0, ...own.map((sequence) => laneOf.get(sequence)!)));
    const portions = portionsOf(kinds);
    const orders = this.#lanes.map((): number[] => []);
    const ends = this.#lanes.map((): number[] => []);
    for (const portion of portions) {
      for (const sequence of portion.flatMap((example) => ofExample[example]!))
        orders[laneOf.get(sequence)!]!.push(sequence);
      orders.forEach((order, lane) => ends[lane]!.push(order.length));
    }
    return { portions, orders, ends };
  }

  dispose(): void {
    for (const lane of this.#lanes) lane.dispose();
    removeAll(this.#model, this.#prefix);
  }
}

type Planned = Pick<Runnable, 'backend' | 'config' | 'plan'>;

/** Several scorers may live at the same time. */
const prefixOf = (index: number) => `scoring.${index}.`;

function freePrefix({ store }: Runnable): string {
  const names = store.names();
  let index = 0;
  while (names.some((name) => name.startsWith(prefixOf(index)))) index++;
  return prefixOf(index);
}

const statesName = (prefix: string, lane: number) => `${prefix}states.${lane}`;

/** All graphs that scoring runs, which are there at the same time; for what is to be known before anything is allocated. */
export function scoringGraphs(
  model: Planned,
  scored: Scored,
  { search }: Pick<BatchOptions, 'search'>,
  optionsOf: (batch: number, length: number) => DecoderOptions,
): Graph[] {
  const prefix = prefixOf(0);
  const { shapes, results, sharing } = planOf(model, scored, search, prefix);
  return shapes.flatMap((shape, lane) => {
    const states = statesOf(shape, sharing, statesName(prefix, lane));
    return laneGraphs(model.config, (batch) => optionsOf(batch, shape.length), shape, results, states);
  });
}

/** In which shapes sequences run, how many sub-networks together, and what these share. */
function planOf(model: Planned, scored: Scored, search: BatchOptions['search'], prefix: string) {
  const { config, plan } = model;
  // One merged weight serves a whole batch.
  const mixed = search !== undefined && plan.merge === 'none';
  const shapes = lanesOf(scored.sequences, config.vocabSize, mixed);
  const rows = Math.max(...shapes.map((shape) => shape.rows));
  const results = { losses: `${prefix}losses`, hits: `${prefix}hits`, slots, rows };
  const largest = Math.max(...shapes.map(({ batch }) => batch));
  const group = mixed ? Math.max(1, Math.ceil(largest / portionSize(scored.examples.length))) : 1;
  return { shapes, results, mixed, group, sharing: search ? sharingOf(model, shapes, search, group) : null };
}

interface Taken {
  readonly item: Item;
  readonly of: Progress;
}

/** A batch of a lane: what is needed soonest of any of these, as long as it fits. */
function fill(running: readonly Progress[], index: number, lane: Lane): Taken[] {
  const taken: Taken[] = [];
  const next = { place: 0, row: 0 };
  for (let of = soonest(running, index); of; of = soonest(running, index)) {
    const sequence = of.peek(index)!;
    if (!lane.fits(sequence, next)) break;
    taken.push({ of, item: { sequence, ...next, limits: of.candidate.limits, slot: of.slot } });
    next.place++;
    next.row += of.tally.rowsOf(sequence);
    of.advance(index);
  }
  return taken;
}

function soonest(running: readonly Progress[], lane: number): Progress | null {
  let best: Progress | null = null;
  for (const each of running) {
    const portion = each.portionOf(lane);
    if (portion < (best?.portionOf(lane) ?? Infinity)) best = each;
  }
  return best;
}

/** Null where nothing can be shared, or the states of too few beginnings would fit. */
function sharingOf(
  { config, backend, plan }: Planned,
  shapes: readonly LaneShape[],
  { blocks, beginnings }: SharedBeginnings,
  group: number,
): Sharing | null {
  if (blocks === 0 || plan.columns === 0) return null;
  const bytes = shapes.map((shape) => 4 * config.hiddenSize * slotRows(shape));
  const room = Math.min(
    mostShared / bytes.reduce((sum, each) => sum + each, 0),
    backend.facts.maxTensorBytes / Math.max(...bytes),
  );
  const wanted = Math.min(beginnings, Math.max(fewestSlots, group));
  return room < wanted ? null : { blocks, slots: Math.floor(Math.min(room, beginnings)) };
}

function removeAll({ store }: Runnable, prefix: string): void {
  for (const name of store.names()) if (name.startsWith(prefix)) store.remove(name);
}
