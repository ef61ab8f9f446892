import type { Graph } from './graph.ts';
import { bytesOf, type Tensor } from './tensor.ts';

export interface MemoryPlan {
  /** Bytes of each scratch slot. */
  readonly slots: readonly number[];
  /** Slot of each computed tensor that has memory of its own. */
  readonly slotOf: ReadonlyMap<Tensor, number>;
}

/**
 * Scratch memory by liveness: a tensor takes a slot when its node runs and gives it back after its last reader.
 * Slots are whole buffers, since WebGPU forbids one buffer to be both read and written in a dispatch.
 */
export function planMemory(graph: Graph): MemoryPlan {
  const lastUse = lastUses(graph);
  const slots: number[] = [];
  const free: number[] = [];
  const slotOf = new Map<Tensor, number>();
  graph.nodes.forEach((node, step) => {
    for (const tensor of node.outputs) {
      if (!tensor.alias) slotOf.set(tensor, take(slots, free, bytesOf(tensor)));
    }
    for (const tensor of new Set([...node.inputs, ...node.outputs])) {
      const slot = tensor ? slotOf.get(tensor) : undefined;
      if (tensor && slot !== undefined && lastUse.get(tensor) === step) free.push(slot);
    }
  });
  return { slots, slotOf };
}

function lastUses(graph: Graph): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  graph.nodes.forEach((node, step) => {
    for (const tensor of [...node.inputs, ...node.outputs]) if (tensor) last.set(tensor, step);
  });
  for (const tensor of graph.outputs.values()) last.set(tensor, Infinity);
  return last;
}

/** The smallest free slot that fits, else the largest free one grown, else a new one. */
function take(slots: number[], free: number[], bytes: number): number {
  const sizeAt = (index: number) => slots[free[index]!]!;
  let best = -1;
  for (let index = 0; index < free.length; index++) {
    if (best < 0 || better(sizeAt(index), sizeAt(best), bytes)) best = index;
  }
  if (best < 0) return slots.push(bytes) - 1;
  const slot = free.splice(best, 1)[0]!;
  slots[slot] = Math.max(slots[slot]!, bytes);
  return slot;
}

function better(candidate: number, current: number, bytes: number): boolean {
  const fits = candidate >= bytes;
  if (fits !== current >= bytes) return fits;
  return fits ? candidate < current : candidate > current;
}
