import { allBuilt } from '../backends/all-built.ts';
import type { Program, Store } from '../backends/backend.ts';
import { Graph } from '../graph/graph.ts';
import { gatherRows } from '../kernels/ops.ts';
import { cacheSpecs } from '../models/cache.ts';
import { Decoder } from '../models/decoder.ts';
import { decoderOptions, type Runnable } from '../models/runnable.ts';

/** Positions that the prompt is read in at a time. */
const chunk = 16;

/** Greedy text generation with a KV cache: the prompt in chunks, then one token a run, over one store. */
export class Generator {
  readonly #model: Runnable;
  readonly #prefill: Program;
  readonly #decode: Program;
  readonly #capacity: number;

  /** `capacity`: positions that prompt and answer may take together. */
  static async create(model: Runnable, capacity: number): Promise<Generator> {
    const rounded = Math.ceil(capacity / chunk) * chunk;
    const { backend, store } = model;
    const caches = cacheSpecs(model, rounded);
    removeAll(store, caches.keys());
    try {
      for (const [name, spec] of caches) store.allocate(name, spec);
      const graphs = [chunk, 1].map((length) => cachedGraph(model, length, rounded));
      await store.settled();
      const [prefill, decode] = await allBuilt(graphs.map((graph) => backend.compile(graph, store)));
      return new Generator(model, prefill!, decode!, rounded);
    } catch (error) {
      removeAll(store, caches.keys());
      throw error;
    }
  }

  private constructor(model: Runnable, prefill: Program, decode: Program, capacity: number) {
    this.#model = model;
    this.#prefill = prefill;
    this.#decode = decode;
    this.#capacity = capacity;
  }

  /** Token after token, until an end token (which is not given), `maxTokens`, or a full cache. */
  async *generate(
    prompt: readonly number[],
    maxTokens: number,
    endIds: readonly number[],
  ): AsyncGenerator<number, void> {
    let logits = new Float32Array();
    for (let begin = 0; begin < prompt.length; begin += chunk) {
      logits = await this.#run(this.#prefill, prompt.slice(begin, begin + chunk), begin);
    }
    for (
      let position = prompt.length;
      position < Math.min(this.#capacity, prompt.length + maxTokens);
      position++
    ) {
      const token = argmax(logits);
      if (endIds.includes(token)) return;
      yield token;
      logits = await this.#run(this.#decode, [token], position);
    }
  }

  dispose(): void {
    this.#prefill.dispose();
    this.#decode.dispose();
    removeAll(this.#model.store, cacheSpecs(this.#model, this.#capacity).keys());
  }

  /** Idles as well, so that a CPU, which has no queue, lets messages in: a cancellation is one. */
  async #run(program: Program, ids: readonly number[], start: number): Promise<Float32Array<ArrayBuffer>> {
    const padded = new Int32Array(program === this.#decode ? 1 : chunk);
    padded.set(ids);
    program.write('ids', padded);
    program.write('start', Int32Array.of(start));
    program.write('last', Int32Array.of(ids.length - 1));
    if (this.#model.plan.columns > 0) program.write('limits', Int32Array.from(this.#model.limits));
    program.run();
    const [logits] = await Promise.all([program.read('logits'), this.#model.backend.idle()]);
    return logits as Float32Array<ArrayBuffer>;
  }
}

/** `length` positions from input `start` on, over the cache; logits of row `last`. */
function cachedGraph(model: Runnable, length: number, capacity: number): Graph {
  const graph = new Graph();
  const decoder = new Decoder(graph, model.config, {
    ...decoderOptions(model, 1, length, capacity),
    cache: capacity,
  });
  const hidden = decoder.blocks(decoder.embed(graph.input('ids', 'i32', [length])));
  const [last] = graph.apply(gatherRows, [hidden, graph.input('last', 'i32', [1])], {});
  graph.output('logits', decoder.head(last!));
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
