import type { Graph } from '../../graph/graph.ts';
import { planMemory } from '../../graph/plan.ts';
import { bytesOf, type Tensor } from '../../graph/tensor.ts';
import { PareError } from '../../lib/assert.ts';
import { largestBinding } from './device.ts';
import type { GpuStore } from './store.ts';

const storage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** The buffers of one program, so that whatever fails while it is built, all of them go. */
export class Buffers {
  readonly #device: GPUDevice;
  readonly #all: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  create(label: string, size: number, usage = storage): GPUBuffer {
    const limit = largestBinding(this.#device);
    if (size > limit) {
      throw new PareError(
        'does-not-fit',
        `One step needs ${mebibytes(size)} in one piece; this device allows ${mebibytes(limit)}.`,
        'Lower the batch size or the longest example.',
        { size, limit },
      );
    }
    const buffer = this.#device.createBuffer({ label, size: Math.max(16, size), usage });
    this.#all.push(buffer);
    return buffer;
  }

  bytes(): number {
    return this.#all.reduce((sum, { size }) => sum + size, 0);
  }

  /** For when the device had no room for all of them. */
  outOfMemory(): PareError {
    return new PareError(
      'out-of-memory',
      `The device has no room for ${mebibytes(this.bytes())} of working memory.`,
      'Lower the batch size or the longest example, or close other pages that use the GPU.',
      { size: this.bytes() },
    );
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}

/** The buffers behind a graph's tensors: the store's, the inputs, scratch slots by liveness, and a dummy for absent operands. */
export class ProgramMemory {
  readonly inputs = new Map<string, GPUBuffer>();
  readonly outputs = new Map<string, { buffer: GPUBuffer; tensor: Tensor }>();
  readonly scratchBytes: number;
  readonly #dummy: GPUBuffer;
  readonly #of = new Map<Tensor, GPUBuffer>();

  constructor(buffers: Buffers, graph: Graph, store: GpuStore) {
    this.#dummy = buffers.create('absent operand', 16);
    const { slots, slotOf } = planMemory(graph);
    const scratch = slots.map((bytes, index) => buffers.create(`scratch ${index}`, bytes));
    for (const tensor of graph.tensors) {
      const slot = slotOf.get(tensor);
      if (tensor.kind === 'stored') this.#of.set(tensor, store.buffer(tensor.name));
      else if (tensor.kind === 'input')
        this.inputs.set(tensor.name, this.#set(tensor, buffers.create(tensor.name, bytesOf(tensor))));
      else if (tensor.alias) this.#set(tensor, this.#of.get(tensor.alias)!);
      else if (slot !== undefined) this.#set(tensor, scratch[slot]!);
    }
    for (const [name, tensor] of graph.outputs)
      this.outputs.set(name, { buffer: this.buffer(tensor), tensor });
    this.scratchBytes = slots.reduce((sum, bytes) => sum + bytes, 0);
  }

  buffer(tensor: Tensor | null): GPUBuffer {
    if (!tensor) return this.#dummy;
    return this.#of.get(tensor)!;
  }

  #set(tensor: Tensor, buffer: GPUBuffer): GPUBuffer {
    this.#of.set(tensor, buffer);
    return buffer;
  }
}
