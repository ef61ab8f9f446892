import type { Backend, HostArray, Program, Store } from '../backends/backend.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { adapterNames } from '../compression/adapters/init.ts';
import type { BaseForm, ElasticPlan } from '../models/elastic.ts';
import { partName } from '../models/linear.ts';
import { ensureRope } from '../models/weights.ts';
import { momentNames, ringName, ringSize, trainingGraph } from './graph.ts';
import { partShape, splitBatch, type PartShape, type TrainingBatch, type TrainingShape } from './parts.ts';

export interface TrainerOptions extends TrainingShape, BaseForm {
  readonly plan: ElasticPlan;
  readonly dropout: number;
  readonly clip: number;
  readonly weightDecay: number;
  readonly seed: number;
  /**
   * Steps made already; 0 where it is left out. The tensors of `stateNames` must then be in the store as that many steps
   * left them, and the steps to come have the same bits as those of a trainer that was never interrupted.
   */
  readonly from?: number;
}

/** All that a checkpoint must hold of the store: adapters, then the optimizer's moments. Losses are read before. */
export function stateNames(plan: ElasticPlan): string[] {
  const adapters = adapterNames(plan);
  return [...adapters, ...adapters.flatMap((name) => momentNames(name))];
}

/**
 * Fine-tunes the adapters of a super-network; every sequence of a step carries its own sub-network. What a step does
 * follows from the store, its number, its batch and its limits alone.
 */
export class SupernetTrainer {
  readonly #program: Program;
  readonly #store: Store;
  readonly #options: TrainerOptions;
  readonly #shape: PartShape;
  #step: number;
  #read: number;

  /** Where it fails, the store is left as it was; throws where `from` is not 0 and the state to go on from is missing. */
  static async create(
    backend: Backend,
    store: Store,
    config: ModelConfig,
    options: TrainerOptions,
  ): Promise<SupernetTrainer> {
    const { plan, from = 0 } = options;
    if (from > 0) requireState(store, plan);
    try {
      store.allocate(ringName, { dtype: 'f32', shape: [ringSize, 1] });
      if (from === 0) clearMoments(store, plan);
      const graph = trainingGraph(config, {
        ...options,
        specOf: (name) => store.spec(name),
        ropePositions: ensureRope(store, config, options.length),
      });
      await store.settled();
      return new SupernetTrainer(await backend.compile(graph, store), store, options);
    } catch (error) {
      store.remove(ringName);
      // What a checkpoint brought is not there a second time: the next attempt needs it.
      if (from === 0) removeMoments(store, plan);
      throw error;
    }
  }

  private constructor(program: Program, store: Store, options: TrainerOptions) {
    this.#program = program;
    this.#store = store;
    this.#options = options;
    this.#shape = partShape(options);
    this.#step = options.from ?? 0;
    this.#read = this.#step;
  }

  /** Multiply–accumulates a step, roughly. */
  get work(): number {
    return this.#program.work;
  }

  /** Working memory of a step, beside what the store holds. */
  get scratchBytes(): number {
    return this.#program.scratchBytes;
  }

  /** Steps made so far, those before `from` included. */
  get steps(): number {
    return this.#step;
  }

  /** Queues one step. `limits` [sequences · groups] comes from `sampleLimits`. */
  step(batch: TrainingBatch, limits: Int32Array, learningRate: number): void {
    if (this.#step - this.#read >= ringSize) throw new Error('read the losses before the ring is full');
    const program = this.#program;
    const time = this.#step + 1;
    const count = batch.targets.reduce((sum, target) => sum + (target >= 0 ? 1 : 0), 0);
    splitBatch(batch, this.#shape).forEach((part, index) => this.#writePart(part, index, limits, 1 / count));
    program.write(
      'hyper',
      Float32Array.of(learningRate, 1 - 0.9 ** time, 1 - 0.999 ** time, this.#options.weightDecay),
    );
    program.write('slot', Int32Array.of(this.#step % ringSize));
    program.run();
    this.#step++;
  }

  /** `weight`: of a scored row, the same in all parts, so that their losses add up to the batch's mean. */
  #writePart({ ids, rows, targets }: TrainingBatch, part: number, limits: Int32Array, weight: number): void {
    const { plan, dropout, seed } = this.#options;
    const size = this.#shape.sequences * plan.columns;
    const write = (name: string, data: HostArray) => this.#program.write(partName(name, part), data);
    write('ids', ids);
    write('rows', rows);
    write('targets', targets);
    write(
      'weights',
      Float32Array.from(targets, (target) => (target >= 0 ? weight : 0)),
    );
    if (plan.columns > 0) write('limits', limits.subarray(part * size, (part + 1) * size));
    if (dropout > 0) write('seed', Uint32Array.of(seed, this.#step));
  }

  /** Losses of the steps since the last call (at first: since `from`); waits for the device. */
  async losses(): Promise<{ from: number; values: number[] }> {
    const ring = new Float32Array((await this.#store.read(ringName)).buffer);
    const from = this.#read;
    const values = Array.from({ length: this.#step - from }, (_, i) => ring[(from + i) % ringSize]!);
    this.#read = this.#step;
    return { from, values };
  }

  /** Frees scratch memory and moments; the adapters stay. */
  dispose(): void {
    this.#program.dispose();
    this.#store.remove(ringName);
    removeMoments(this.#store, this.#options.plan);
  }
}

function clearMoments(store: Store, plan: ElasticPlan): void {
  for (const name of adapterNames(plan)) {
    for (const moment of momentNames(name)) {
      store.allocate(moment, store.spec(name));
      store.clear(moment);
    }
  }
}

function removeMoments(store: Store, plan: ElasticPlan): void {
  for (const name of adapterNames(plan)) for (const moment of momentNames(name)) store.remove(moment);
}

/** Moments of another shape, or none, would train something else in silence. */
function requireState(store: Store, plan: ElasticPlan): void {
  for (const name of adapterNames(plan)) {
    const { shape } = store.spec(name);
    for (const moment of momentNames(name)) {
      const found = store.spec(moment);
      if (found.dtype !== 'f32' || String(found.shape) !== String(shape)) {
        throw new Error(`${moment} is ${found.dtype}[${found.shape.join()}], not f32[${shape.join()}]`);
      }
    }
  }
}
