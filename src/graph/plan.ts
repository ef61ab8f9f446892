import type { Graph } from './graph.ts';
import { bytesOf, type Tensor } from './tensor.ts';

export interface MemoryPlan {
  /** Bytes of each scratch slot. */
  readonly slots: readonly number[];
  /** Slot of each computed tensor that has memory of its own. */
  readonly slotOf: ReadonlyMap<Tensor, number>;
  /** Bytes that are live at once, at most: no plan can do with less, and this one takes little more. */
  readonly bound: number;
}

/** A tensor's time in memory: the steps from the one that makes it to the last that reads it. */
interface Life {
  readonly tensor: Tensor;
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/**
 * Scratch memory by liveness: a tensor has its slot from when its node runs until after its last reader, and the largest
 * tensors choose first, so that slots never grow ("greedy by size", Pisarchyk and Lee 2020, arXiv 2001.03288). Slots are
 * whole buffers, since WebGPU forbids one buffer to be both read and written in a dispatch.
 */
export function planMemory(graph: Graph): MemoryPlan {
  const slots: Slot[] = [];
  const slotOf = new Map<Tensor, number>();
  const lives = livesOf(graph);
  for (const life of lives.toSorted((a, b) => b.bytes - a.bytes)) {
    // The slots so far are large enough, the last one of them is the smallest.
    let index = slots.findLastIndex((slot) => slot.isFree(life));
    if (index < 0) index = slots.push(new Slot(life.bytes)) - 1;
    slots[index]!.take(life);
    slotOf.set(life.tensor, index);
  }
  return { slots: slots.map(({ bytes }) => bytes), slotOf, bound: mostLive(lives) };
}

/** Bytes of the tensors that live at a step, where they are most. */
function mostLive(lives: readonly Life[]): number {
  const changes = lives.flatMap(({ bytes, first, last }) => [
    { step: first, bytes },
    // Its last reader still has it.
    { step: last + 1, bytes: -bytes },
  ]);
  let [live, most] = [0, 0];
  for (const change of changes.toSorted((a, b) => a.step - b.step || a.bytes - b.bytes)) {
    live += change.bytes;
    most = Math.max(most, live);
  }
  return most;
}

/** In the order in which the tensors are made. */
function livesOf(graph: Graph): Life[] {
  const lives = new Map<Tensor, Life>();
  graph.nodes.forEach(({ inputs, outputs }, step) => {
    for (const tensor of outputs)
      if (!tensor.alias) lives.set(tensor, { tensor, bytes: bytesOf(tensor), first: step, last: step });
    for (const tensor of inputs) {
      const life = tensor && lives.get(tensor);
      if (life) life.last = step;
    }
  });
  for (const tensor of graph.outputs.values()) {
    const life = lives.get(tensor);
    if (life) life.last = Infinity;
  }
  return [...lives.values()];
}

class Slot {
  readonly bytes: number;
  /** Of the tensors that it holds one after the other, in that order. */
  readonly #lives: Life[] = [];

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  isFree(life: Life): boolean {
    const next = this.#after(life);
    const [before, after] = [this.#lives[next - 1], this.#lives[next]];
    return (!before || before.last < life.first) && (!after || life.last < after.first);
  }

  take(life: Life): void {
    this.#lives.splice(this.#after(life), 0, life);
  }

  /** Where the first one that begins later is, by bisection. */
  #after({ first }: Life): number {
    let [low, high] = [0, this.#lives.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lives[middle]!.first > first) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
