import { allBuilt } from '../backends/all-built.ts';
import type { Program, Store } from '../backends/backend.ts';
import { Graph } from '../graph/graph.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import { pickRows, writeRows } from '../kernels/ops.ts';
import { cacheSpecs } from '../models/cache.ts';
import { Decoder } from '../models/decoder.ts';
import { decoderOptions, repeatLimits, type Runnable } from '../models/runnable.ts';

/** Positions that prompts are read in at a time. */
const chunk = 16;

/** A token to be read next, and the position that it is at. */
export interface Feed {
  readonly token: number;
  readonly position: number;
}

/**
 * Text generation with a KV cache for several sequences at once, which may have come unequally far: prompts are read in
 * chunks, then one token a sequence and run. A prompt that ends within a chunk is followed by rows of nothing; each is
 * overwritten by the token that comes to stand there before any query sees it. A sequence that has no part in a run is
 * put outside of its cache, where nothing is written.
 */
export class Generator {
  /** Positions that a prompt and its answer may take together: no more than the model has. */
  readonly capacity: number;
  readonly sequences: number;
  /** Rows of each sequence's cache: whole chunks, beyond the model's last position where that ends within one. */
  readonly #rows: number;
  readonly #model: Runnable;
  readonly #prefill: Program;
  readonly #decode: Program;
  /** Only beams are ever moved. */
  #moves: Program | null = null;
  #limits: readonly number[];

  static async create(model: Runnable, capacity: number, sequences = 1): Promise<Generator> {
    const rounded = Math.ceil(capacity / chunk) * chunk;
    const positions = Math.min(rounded, model.config.maxPositions);
    const { backend, store } = model;
    const caches = cacheSpecs(model, sequences * rounded);
    removeAll(store, caches.keys());
    try {
      for (const [name, spec] of caches) store.allocate(name, spec);
      const graphs = [chunk, 1].map((length) => cachedGraph(model, length, rounded, sequences));
      await store.settled();
      const [prefill, decode] = await allBuilt(graphs.map((graph) => backend.compile(graph, store)));
      return new Generator(model, prefill!, decode!, { rows: rounded, positions, sequences });
    } catch (error) {
      removeAll(store, caches.keys());
      throw error;
    }
  }

  private constructor(
    model: Runnable,
    prefill: Program,
    decode: Program,
    { rows, positions, sequences }: { rows: number; positions: number; sequences: number },
  ) {
    this.#model = model;
    this.#prefill = prefill;
    this.#decode = decode;
    this.#limits = model.limits;
    this.#rows = rows;
    this.capacity = positions;
    this.sequences = sequences;
  }

  /** Working memory on the device, in bytes, beside the cache. */
  get scratchBytes(): number {
    return this.#prefill.scratchBytes + this.#decode.scratchBytes;
  }

  /** Another sub-network. */
  set limits(limits: readonly number[]) {
    this.#limits = limits;
  }

  /** Reads prompts but for their last tokens, which `next` begins with; null: the sequence is left as it is. */
  async read(prompts: readonly (readonly number[] | null)[]): Promise<void> {
    const longest = Math.max(0, ...prompts.map((prompt) => (prompt?.length ?? 0) - 1));
    for (let begin = 0; begin < longest; begin += chunk) {
      const ids = new Int32Array(this.sequences * chunk);
      const start = new Int32Array(this.sequences).fill(this.#rows);
      prompts.forEach((prompt, s) => {
        if (!prompt || begin >= prompt.length - 1) return;
        ids.set(prompt.slice(begin, Math.min(begin + chunk, prompt.length - 1)), s * chunk);
        start[s] = begin;
      });
      await this.#run(this.#prefill, ids, start);
    }
  }

  /** Reads a token of each sequence (null: none), and gives the logits of what follows it. */
  async next(feeds: readonly (Feed | null)[]): Promise<Float32Array[]> {
    const ids = Int32Array.from({ length: this.sequences }, (_, s) => feeds[s]?.token ?? 0);
    const start = Int32Array.from({ length: this.sequences }, (_, s) => feeds[s]?.position ?? this.#rows);
    await this.#run(this.#decode, ids, start);
    const logits = await this.#decode.read('logits');
    const { vocabSize } = this.#model.config;
    return feeds.map((_, s) => logits.subarray(s * vocabSize, (s + 1) * vocabSize));
  }

  /** Lets sequence s go on from what sequence from[s] has read: beams. */
  async rearrange(from: readonly number[]): Promise<void> {
    if (from.every((source, s) => source === s)) return;
    this.#moves ??= await this.#model.backend.compile(
      moveGraph(cacheSpecs(this.#model, this.sequences * this.#rows)),
      this.#model.store,
    );
    const rows = from.flatMap((source) =>
      Array.from({ length: this.#rows }, (_, row) => source * this.#rows + row),
    );
    this.#moves.write('rows', Int32Array.from(rows));
    this.#moves.write('start', Int32Array.of(0));
    this.#moves.run();
  }

  /** The likeliest token after the other, until an end token (which is not given), `maxTokens`, or a full cache. */
  async *generate(
    prompt: readonly number[],
    maxTokens: number,
    endIds: readonly number[],
  ): AsyncGenerator<number, void> {
    await this.read([prompt]);
    let token = prompt.at(-1)!;
    const end = Math.min(this.capacity, prompt.length + maxTokens);
    for (let position = prompt.length; position < end; position++) {
      const [logits] = await this.next([{ token, position: position - 1 }]);
      token = argmax(logits!);
      if (endIds.includes(token)) return;
      yield token;
    }
  }

  dispose(): void {
    this.#prefill.dispose();
    this.#decode.dispose();
    this.#moves?.dispose();
    removeAll(this.#model.store, cacheSpecs(this.#model, this.sequences * this.#rows).keys());
  }

  /** Idles as well, so that a CPU, which has no queue, lets messages in: a cancellation is one. */
  async #run(program: Program, ids: Int32Array, start: Int32Array): Promise<void> {
    program.write('ids', ids);
    program.write('start', start);
    if (this.#model.plan.columns > 0) program.write('limits', repeatLimits(this.#limits, this.sequences));
    program.run();
    await this.#model.backend.idle();
  }
}

/** `length` positions of each sequence from input `start` on, over the cache; of one position, the logits as well. */
function cachedGraph(model: Runnable, length: number, capacity: number, sequences: number): Graph {
  const graph = new Graph();
  const decoder = new Decoder(graph, model.config, {
    ...decoderOptions(model, sequences, length, capacity),
    cache: capacity,
  });
  const hidden = decoder.blocks(decoder.embed(graph.input('ids', 'i32', [sequences * length])));
  if (length === 1) graph.output('logits', decoder.head(hidden));
  return graph;
}

/** Every cache with its rows in the order of input `rows`. */
function moveGraph(caches: ReadonlyMap<string, TensorSpec>): Graph {
  const graph = new Graph();
  const [first] = caches.values();
  const rows = graph.input('rows', 'i32', [first!.shape[0]!]);
  const start = graph.input('start', 'i32', [1]);
  for (const [name, { dtype, shape }] of caches) {
    const stored = graph.stored(name, dtype, shape);
    const [moved] = graph.apply(pickRows, [stored, rows], {});
    graph.apply(writeRows, [stored, moved!, start], {});
  }
  return graph;
}

function removeAll(store: Store, names: Iterable<string>): void {
  for (const name of names) store.remove(name);
}

export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
