import type { Figure } from '../../measure/figures.ts';
import { elapsed, interleaved, repetitions, spreadOf, type Rounds } from '../../measure/timing.ts';
import copy from './copy.wgsl?raw';
import empty from './empty.wgsl?raw';
import { fmaKernel, fmaPerPass, type FmaKind } from './fma.ts';

const lanes = { f32: 1, vec4f: 4 };
type Element = keyof typeof lanes;

/** Something to repeat, and what one repetition is worth (flop or bytes). */
interface Load {
  readonly label: string;
  readonly worth: number;
  readonly encode: (pass: GPUComputePassEncoder) => void;
}

const largeCopy = 64 * 2 ** 20;
/** About the size of an activation of the demo: stays in a processor's caches. */
const smallCopy = 512 * 1024;

/** What the adapter can do, measured with kernels that do nothing else. */
export async function measureCeilings(device: GPUDevice, rounds: Rounds): Promise<Figure[]> {
  const elements: readonly Element[] = ['f32', 'vec4f'];
  const arithmetic = await Promise.all(
    elements.map((element) => fmaLoad(device, { element, chains: element === 'f32' ? 8 : 4 })),
  );
  const copies = await Promise.all(
    elements.flatMap((element) => [largeCopy, smallCopy].map((bytes) => copyLoad(device, element, bytes))),
  );
  return [
    ...(await rates(device, arithmetic, 'GFLOP/s', rounds)),
    ...(await rates(device, copies, 'GB/s', rounds)),
    ...(await overheads(device, rounds)),
  ];
}

async function rates(
  device: GPUDevice,
  loads: readonly Load[],
  unit: string,
  rounds: Rounds,
): Promise<Figure[]> {
  const candidates: (() => Promise<number>)[] = [];
  for (const { encode, worth } of loads) {
    await repeat(device, encode, 1);
    const often = repetitions(await repeat(device, encode, 1), 100, 1000);
    candidates.push(async () => (worth * often) / (await repeat(device, encode, often)) / 1e6);
  }
  const measured = await interleaved(candidates, rounds);
  return loads.map(({ label }, index) => ({ label, unit, value: spreadOf(measured[index]!) }));
}

/** Milliseconds of `count` repetitions in one pass, waited for. */
function repeat(device: GPUDevice, encode: Load['encode'], count: number): Promise<number> {
  return elapsed(async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < count; i++) encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  });
}

async function fmaLoad(device: GPUDevice, kind: FmaKind): Promise<Load> {
  const [threads, passes] = [16_384, 32];
  const { element } = kind;
  const pipeline = await pipelineOf(device, fmaKernel(kind), element);
  const settings = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(settings, 0, Uint32Array.of(passes));
  device.queue.writeBuffer(settings, 4, Float32Array.of(0.999, 0.001));
  const result = storage(device, threads * lanes[element] * 4);
  return {
    label: `multiply–add ${element}`,
    worth: threads * passes * fmaPerPass(kind) * 2 * lanes[element],
    encode: encoding(device, pipeline, [settings, result], [threads / 64, 1]),
  };
}

async function copyLoad(device: GPUDevice, element: Element, bytes: number): Promise<Load> {
  const pipeline = await pipelineOf(device, copy, element);
  const groups = bytes / (4 * lanes[element]) / 64;
  const across = Math.min(groups, 32_768);
  return {
    label: `copy ${element}, ${bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`}, read + written`,
    worth: 2 * bytes,
    encode: encoding(
      device,
      pipeline,
      [storage(device, bytes), storage(device, bytes)],
      [across, groups / across],
    ),
  };
}

async function overheads(device: GPUDevice, rounds: Rounds): Promise<Figure[]> {
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: empty }) },
  });
  const encode = (pass: GPUComputePassEncoder) => {
    pass.setPipeline(pipeline);
    pass.dispatchWorkgroups(1);
  };
  await repeat(device, encode, 1);
  const [many, one] = await interleaved(
    [() => repeat(device, encode, 1001), () => repeat(device, encode, 1)],
    rounds,
  );
  const dispatches = many!.map((time, round) => time - one![round]!);
  return [
    { label: 'an empty dispatch in a pass', unit: 'µs', value: spreadOf(dispatches) },
    { label: 'a submit, waited for', unit: 'ms', value: spreadOf(one!) },
  ];
}

function pipelineOf(device: GPUDevice, code: string, element: Element): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ code: `alias T = ${element};\n${code}` });
  return device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
}

function storage(device: GPUDevice, size: number): GPUBuffer {
  return device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
}

function encoding(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  [x, y]: readonly [number, number],
): Load['encode'] {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y);
  };
}
