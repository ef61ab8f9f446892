import type { Graph } from '../../graph/graph.ts';
import type { DeviceTraits, Dispatch, Uniform } from '../../graph/op.ts';
import { bytesOf, sizeOf, type DType, type Tensor } from '../../graph/tensor.ts';
import { flatIndex } from '../../kernels/dispatch.ts';
import { PareError } from '../../lib/assert.ts';
import { decodeBf16, decodeF16 } from '../../lib/half.ts';
import { unpackNibbles } from '../../lib/nibbles.ts';
import type { HostArray, Program } from '../backend.ts';
import { Buffers, ProgramMemory } from './memory.ts';
import { Track, type Pace } from './pace.ts';
import type { PipelineCache } from './pipelines.ts';
import { timeDispatches, timeRuns, type DispatchTime } from './profiler.ts';
import type { Reader } from './read.ts';
import { guarded } from './scopes.ts';
import { encode, type Step } from './step.ts';
import type { GpuStore } from './store.ts';

const uniformUsage = 0x40 | 0x08; // UNIFORM | COPY_DST

/** What the programs of a device share. */
export interface ProgramContext {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly pace: Pace;
  readonly traits: DeviceTraits;
}

/** A compiled graph: buffers and bind groups are made once, a run only replays dispatches. */
export class GpuProgram implements Program {
  readonly scratchBytes: number;
  readonly work: number;
  readonly #device: GPUDevice;
  readonly #memory: ProgramMemory;
  readonly #buffers: Buffers;
  readonly #reader: Reader;
  readonly #steps: readonly Step[];
  readonly #pace: Pace;
  readonly #track = new Track();
  #submits: { readonly most: number; readonly steps: readonly (readonly Step[])[] };

  /** Pipelines come first, since waiting is not allowed inside error scopes; then everything else at once, or nothing. */
  static async build(
    { device, pipelines, pace, traits }: ProgramContext,
    graph: Graph,
    store: GpuStore,
  ): Promise<GpuProgram> {
    const dispatches = dispatchesOf([graph], traits);
    const compiled = await Promise.all(dispatches.map((dispatch) => pipelines.get(dispatch)));
    const buffers = new Buffers(device);
    try {
      const { made, fault } = guarded(device, () => {
        const memory = new ProgramMemory(buffers, graph, store);
        return { memory, steps: bind(device, buffers, memory, dispatches, compiled) };
      });
      const problem = await fault;
      if (problem?.kind === 'out-of-memory') throw buffers.outOfMemory();
      if (problem) throw new Error(problem.message);
      return new GpuProgram(device, buffers, made.memory, made.steps, store.reader, pace);
    } catch (error) {
      buffers.destroy();
      throw error;
    }
  }

  private constructor(
    device: GPUDevice,
    buffers: Buffers,
    memory: ProgramMemory,
    steps: readonly Step[],
    reader: Reader,
    pace: Pace,
  ) {
    this.#device = device;
    this.#buffers = buffers;
    this.#memory = memory;
    this.#steps = steps;
    this.#reader = reader;
    this.#pace = pace;
    const most = this.#track.submitWork;
    this.#submits = { most, steps: cut(steps, most) };
    this.scratchBytes = memory.scratchBytes;
    this.work = steps.reduce((sum, { work }) => sum + work, 0);
  }

  write(name: string, data: HostArray): void {
    const buffer = this.#memory.inputs.get(name);
    if (!buffer) throw new Error(`the graph has no input ${name}`);
    this.#device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  }

  run(): void {
    const most = this.#track.submitWork;
    if (most !== this.#submits.most) this.#submits = { most, steps: cut(this.#steps, most) };
    this.#pace.queue(this.#track, this.work);
    for (const steps of this.#submits.steps) {
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      encode(pass, steps);
      pass.end();
      this.#device.queue.submit([encoder.finish()]);
    }
  }

  async read(name: string): Promise<Float32Array> {
    const output = this.#memory.outputs.get(name);
    if (!output) throw new Error(`the graph has no output ${name}`);
    return numbers(output.tensor, await this.#reader.read(output.buffer, bytesOf(output.tensor)));
  }

  /** One run with a time for every dispatch, where the device has timestamps. For the benchmark. */
  profile(): Promise<DispatchTime[]> {
    return timeDispatches(this.#device, this.#steps);
  }

  /** Milliseconds that the device takes for so many runs. */
  time(runs: number): Promise<number> {
    return timeRuns(this.#device, this.#steps, runs);
  }

  dispose(): void {
    this.#buffers.destroy();
  }
}

/** In the order in which they run. */
export function dispatchesOf(graphs: readonly Graph[], traits: DeviceTraits): Dispatch[] {
  return graphs.flatMap(({ nodes }) => nodes.flatMap((node) => node.op.dispatches(node, traits)));
}

/** Pipelines with their operands, in the order in which they run. */
function bind(
  device: GPUDevice,
  buffers: Buffers,
  memory: ProgramMemory,
  dispatches: readonly Dispatch[],
  pipelines: readonly GPUComputePipeline[],
): Step[] {
  const uniforms = packUniforms(device, buffers, dispatches);
  return dispatches.map((dispatch, index) => {
    const { label, work } = dispatch;
    const pipeline = pipelines[index]!;
    const own = { buffer: uniforms.buffer, offset: uniforms.offsets[index]!, size: uniforms.sizes[index]! };
    const group = device.createBindGroup({
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: own }, ...bindingEntries(dispatch, memory)],
    });
    return { label, pipeline, group, workgroups: spill(device, dispatch), work };
  });
}

/** Binding numbers in the order of `bindings`, skipping none: tensor i is `@binding(i + 1)`. */
function bindingEntries({ bindings }: Dispatch, memory: ProgramMemory): GPUBindGroupEntry[] {
  return bindings.map((tensor, index) => ({
    binding: index + 1,
    resource: { buffer: memory.buffer(tensor) },
  }));
}

/** All uniform structs of a program in one buffer, each at an offset that the device allows. */
function packUniforms(device: GPUDevice, buffers: Buffers, dispatches: readonly Dispatch[]) {
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
  const buffer = buffers.create('uniforms', bytes.byteLength, uniformUsage);
  device.queue.writeBuffer(buffer, 0, bytes.buffer);
  return { buffer, offsets, sizes };
}

function setUniform(bytes: DataView, offset: number, { type, value }: Uniform): void {
  if (type === 'u32') bytes.setUint32(offset, value, true);
  else bytes.setFloat32(offset, value, true);
}

/** Folds x into y where the device does not take so many workgroups; the kernel must then look at both. */
function spill(
  device: GPUDevice,
  { workgroups: [x, y, z], label, code }: Dispatch,
): [number, number, number] {
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  if (x <= limit && y <= limit) return [x, y, z];
  const rows = Math.ceil(x / limit);
  if (y === 1 && code.includes(flatIndex) && rows <= limit) return [limit, rows, z];
  throw new PareError(
    'does-not-fit',
    `${label} needs ${x} × ${y} workgroups; this device allows ${limit} in each direction.`,
    'Lower the batch size or the longest example.',
    { x, y, limit },
  );
}

/** Device bytes as numbers, whatever their dtype. */
function numbers({ dtype, shape }: Tensor, bytes: ArrayBuffer): Float32Array {
  const convert: Record<DType, () => Float32Array> = {
    f32: () => new Float32Array(bytes),
    i32: () => Float32Array.from(new Int32Array(bytes)),
    u32: () => Float32Array.from(new Uint32Array(bytes)),
    f16: () => decodeF16(new Uint16Array(bytes, 0, sizeOf(shape))),
    bf16: () => decodeBf16(new Uint16Array(bytes, 0, sizeOf(shape))),
    i4: () =>
      Float32Array.from(unpackNibbles(new Uint8Array(bytes, 0, bytesOf({ dtype, shape })), shape.at(-1)!)),
  };
  return convert[dtype]();
}

/** Cuts the dispatches into submits of bounded work. */
function cut(steps: readonly Step[], most: number): Step[][] {
  const submits: Step[][] = [[]];
  let work = 0;
  for (const step of steps) {
    if (work + step.work > most && submits.at(-1)!.length > 0) {
      submits.push([]);
      work = 0;
    }
    submits.at(-1)!.push(step);
    work += step.work;
  }
  return submits;
}
