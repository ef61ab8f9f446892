import type { Graph } from '../../graph/graph.ts';
import type { Dispatch, Uniform } from '../../graph/op.ts';
import { planMemory } from '../../graph/plan.ts';
import { bytesOf, type Tensor } from '../../graph/tensor.ts';
import { PareError } from '../../lib/assert.ts';
import type { HostArray, Program } from '../backend.ts';
import { deviceTraits } from './device.ts';
import type { PipelineCache } from './pipelines.ts';
import { timeDispatches, type DispatchTime } from './profiler.ts';
import { readBuffer } from './read.ts';
import type { GpuStore } from './store.ts';

const storage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const uniformUsage = 0x40 | 0x08; // UNIFORM | COPY_DST
/** Multiply–accumulates a submit: about 0.2 s on a slow software adapter, far below any watchdog. */
const workPerSubmit = 2e8;

export interface Step {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  readonly work: number;
}

/** A compiled graph: buffers and bind groups are made once, a run only replays dispatches. */
export class GpuProgram implements Program {
  readonly scratchBytes: number;
  readonly work: number;
  readonly #device: GPUDevice;
  readonly #inputs: ReadonlyMap<string, GPUBuffer>;
  readonly #outputs: ReadonlyMap<string, { buffer: GPUBuffer; bytes: number }>;
  readonly #owned: readonly GPUBuffer[];
  readonly #submits: readonly (readonly Step[])[];

  static async build(
    device: GPUDevice,
    pipelines: PipelineCache,
    graph: Graph,
    store: GpuStore,
  ): Promise<GpuProgram> {
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    const memory = new ProgramMemory(device, graph, store);
    const traits = deviceTraits(device);
    const dispatches = graph.nodes.flatMap((node) => node.op.dispatches(node, traits));
    const compiled = await Promise.all(dispatches.map((dispatch) => pipelines.get(dispatch)));
    const uniforms = packUniforms(device, dispatches);
    const steps = dispatches.map((dispatch, index) => {
      const pipeline = compiled[index]!;
      const group = device.createBindGroup({
        label: dispatch.label,
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          {
            binding: 0,
            resource: {
              buffer: uniforms.buffer,
              offset: uniforms.offsets[index]!,
              size: uniforms.sizes[index]!,
            },
          },
          ...bindingEntries(dispatch, memory),
        ],
      });
      return { label: dispatch.label, pipeline, group, workgroups: spill(device, dispatch), work: dispatch.work };
    });
    const invalid = await device.popErrorScope();
    const full = await device.popErrorScope();
    if (full) {
      memory.destroy();
      throw new PareError(
        'out-of-memory',
        `The device has no room for ${memory.bytes} bytes of scratch memory.`,
        'Lower the batch size or the sequence length.',
      );
    }
    if (invalid) throw new Error(invalid.message);
    return new GpuProgram(device, memory, uniforms.buffer, cut(steps));
  }

  private constructor(
    device: GPUDevice,
    memory: ProgramMemory,
    uniforms: GPUBuffer,
    submits: readonly (readonly Step[])[],
  ) {
    this.#device = device;
    this.#inputs = memory.inputs;
    this.#outputs = memory.outputs;
    this.#owned = [...memory.owned, uniforms];
    this.#submits = submits;
    this.scratchBytes = memory.bytes;
    this.work = submits.flat().reduce((sum, { work }) => sum + work, 0);
  }

  write(name: string, data: HostArray): void {
    const buffer = this.#inputs.get(name);
    if (!buffer) throw new Error(`the graph has no input ${name}`);
    this.#device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  }

  run(): void {
    for (const steps of this.#submits) {
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const { pipeline, group, workgroups } of steps) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...workgroups);
      }
      pass.end();
      this.#device.queue.submit([encoder.finish()]);
    }
  }

  async read(name: string): Promise<Float32Array> {
    const output = this.#outputs.get(name);
    if (!output) throw new Error(`the graph has no output ${name}`);
    return new Float32Array(await readBuffer(this.#device, output.buffer, output.bytes));
  }

  /** One run with a time for every dispatch, where the device has timestamps. For the benchmark. */
  profile(): Promise<DispatchTime[]> {
    return timeDispatches(this.#device, this.#submits.flat());
  }

  dispose(): void {
    for (const buffer of this.#owned) buffer.destroy();
  }
}

/** The buffers behind a graph's tensors: the store's, the inputs, scratch slots by liveness, and a dummy for absent operands. */
class ProgramMemory {
  readonly inputs = new Map<string, GPUBuffer>();
  readonly outputs = new Map<string, { buffer: GPUBuffer; bytes: number }>();
  readonly owned: GPUBuffer[] = [];
  readonly dummy: GPUBuffer;
  readonly bytes: number;
  readonly #of = new Map<Tensor, GPUBuffer>();

  constructor(device: GPUDevice, graph: Graph, store: GpuStore) {
    const own = (label: string, size: number) => {
      const buffer = device.createBuffer({ label, size: Math.max(16, size), usage: storage });
      this.owned.push(buffer);
      return buffer;
    };
    this.dummy = own('absent operand', 16);
    const { slots, slotOf } = planMemory(graph);
    const scratch = slots.map((bytes, index) => own(`scratch ${index}`, bytes));
    for (const tensor of graph.tensors) {
      const slot = slotOf.get(tensor);
      if (tensor.kind === 'stored') this.#of.set(tensor, store.buffer(tensor.name));
      else if (tensor.kind === 'input')
        this.inputs.set(tensor.name, this.#set(tensor, own(tensor.name, bytesOf(tensor))));
      else if (tensor.alias) this.#set(tensor, this.#of.get(tensor.alias)!);
      else if (slot !== undefined) this.#set(tensor, scratch[slot]!);
    }
    for (const [name, tensor] of graph.outputs)
      this.outputs.set(name, { buffer: this.buffer(tensor), bytes: bytesOf(tensor) });
    this.bytes = slots.reduce((sum, bytes) => sum + bytes, 0);
  }

  buffer(tensor: Tensor | null): GPUBuffer {
    if (!tensor) return this.dummy;
    return this.#of.get(tensor)!;
  }

  destroy(): void {
    for (const buffer of this.owned) buffer.destroy();
  }

  #set(tensor: Tensor, buffer: GPUBuffer): GPUBuffer {
    this.#of.set(tensor, buffer);
    return buffer;
  }
}

/** Binding numbers in the order of `bindings`, skipping none: tensor i is `@binding(i + 1)`. */
function bindingEntries({ bindings }: Dispatch, memory: ProgramMemory): GPUBindGroupEntry[] {
  return bindings.map((tensor, index) => ({
    binding: index + 1,
    resource: { buffer: memory.buffer(tensor) },
  }));
}

/** All uniform structs of a program in one buffer, each at an offset that the device allows. */
function packUniforms(device: GPUDevice, dispatches: readonly Dispatch[]) {
  const align = device.limits.minUniformBufferOffsetAlignment;
  const sizes = dispatches.map(({ uniforms }) => Math.ceil(Math.max(1, uniforms.length) / 4) * 16);
  let end = 0;
  const offsets = sizes.map((size) => {
    const offset = end;
    end += Math.ceil(size / align) * align;
    return offset;
  });
  const bytes = new DataView(new ArrayBuffer(Math.max(align, end)));
  dispatches.forEach(({ uniforms }, index) =>
    uniforms.forEach((uniform, i) => setUniform(bytes, offsets[index]! + i * 4, uniform)),
  );
  const buffer = device.createBuffer({ label: 'uniforms', size: bytes.byteLength, usage: uniformUsage });
  device.queue.writeBuffer(buffer, 0, bytes.buffer);
  return { buffer, offsets, sizes };
}

function setUniform(bytes: DataView, offset: number, { type, value }: Uniform): void {
  if (type === 'u32') bytes.setUint32(offset, value, true);
  else bytes.setFloat32(offset, value, true);
}

function spill(device: GPUDevice, { workgroups: [x, y, z], label }: Dispatch): [number, number, number] {
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  if (x <= limit && y <= limit) return [x, y, z];
  if (y !== 1) throw new Error(`${label}: ${x} × ${y} workgroups are more than the device allows`);
  return [limit, Math.ceil(x / limit), z];
}

/** Cuts the dispatches into submits of bounded work. */
function cut(steps: readonly Step[]): Step[][] {
  const submits: Step[][] = [[]];
  let work = 0;
  for (const step of steps) {
    if (work + step.work > workPerSubmit && submits.at(-1)!.length > 0) {
      submits.push([]);
      work = 0;
    }
    submits.at(-1)!.push(step);
    work += step.work;
  }
  return submits;
}
