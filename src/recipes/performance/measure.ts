import type { Backend } from '../../backends/backend.ts';
import type { Figure, MeasureOptions } from '../../backends/measure/figures.ts';
import { measureCeilings } from '../../backends/webgpu/measure/ceilings.ts';
import { WebGpuBackend } from '../../backends/webgpu/webgpu.ts';
import type { LoadedModel } from '../model.ts';
import { batchSize, madeUpWorkload, rank, type BatchSize } from './made-up.ts';
import { profileEvaluation, profileTraining } from './steps.ts';
import { measureThroughput } from './throughput.ts';
import type { Workload } from './workload.ts';

/** What one device makes of the open model. */
export interface DevicePerformance {
  readonly backend: 'webgpu' | 'cpu';
  readonly adapter: string;
  /** Which variants of the kernels ran. */
  readonly kernels: string;
  /** How kernels were timed; null where the backend does not tell of them. */
  readonly timing: 'timestamps' | 'repeated dispatches' | null;
  readonly batch: BatchSize;
  /** GFLOP/s and GB/s that nothing exceeds; none of the CPU. */
  readonly ceilings: readonly Figure[];
  /** Tokens/s. */
  readonly throughput: readonly Figure[];
  /** Kernels of a training and an evaluation step. */
  readonly kernelTimes: readonly Figure[];
}

export interface PerformanceReport {
  readonly model: string;
  readonly parameters: number;
  /** Of the adapters that the training step has on all linear modules. */
  readonly rank: number;
  readonly devices: readonly DevicePerformance[];
}

export interface PerformanceOptions {
  readonly onProgress: (done: number, total: number, what: string) => void;
  /** May throw to stop. */
  readonly pause: () => Promise<void>;
  readonly rounds?: number;
}

/** Multiply–accumulates × 1 of a batch: a step is then a second or two on a device that is a program on the CPU. */
const slowBudget = 2 ** 30;
const fastBudget = 2 ** 37;
/** Seconds that each thing is measured for, about. */
const patience = 4;

/**
 * The same figures as `npm run bench`, for the open model's shape on the given devices: what the adapter can do, tokens a
 * second of training, evaluation and decoding, and where the time of a step goes. Nothing of the model is changed.
 */
export async function measurePerformance(
  model: LoadedModel,
  backends: readonly Backend[],
  { onProgress, pause, rounds = 5 }: PerformanceOptions,
): Promise<PerformanceReport> {
  const total = backends.reduce((sum, backend) => sum + partsOf(backend).length, 0);
  const options: MeasureOptions = { rounds, timestamps: true, pause, patience };
  const devices: DevicePerformance[] = [];
  let done = 0;
  for (const backend of backends)
    devices.push(await measureDevice(model, backend, options, (what) => onProgress(done++, total, what)));
  onProgress(total, total, '');
  const { name, parameters } = model.info;
  return { model: name, parameters, rank, devices };
}

interface Part {
  readonly what: string;
  readonly into: 'ceilings' | 'throughput' | 'kernelTimes';
  readonly measure: (workload: Workload, options: MeasureOptions) => Promise<Figure[]>;
}

function partsOf(backend: Backend): Part[] {
  const throughput: Part = {
    what: 'training, evaluation and decoding',
    into: 'throughput',
    measure: measureThroughput,
  };
  if (!(backend instanceof WebGpuBackend)) return [throughput];
  return [
    {
      what: 'what the adapter can do',
      into: 'ceilings',
      measure: (_, options) => measureCeilings(backend.device, options),
    },
    throughput,
    { what: 'the kernels of a training step', into: 'kernelTimes', measure: profileTraining },
    { what: 'the kernels of an evaluation step', into: 'kernelTimes', measure: profileEvaluation },
  ];
}

async function measureDevice(
  model: LoadedModel,
  backend: Backend,
  options: MeasureOptions,
  onPart: (what: string) => void,
): Promise<DevicePerformance> {
  const gpu = backend instanceof WebGpuBackend ? backend : null;
  const budget = gpu && !gpu.traits.software ? fastBudget : slowBudget;
  const batch = batchSize(model.info.parameters, model.config.maxPositions, budget);
  const workload = madeUpWorkload(backend, model, batch);
  const measured = { ceilings: [] as Figure[], throughput: [] as Figure[], kernelTimes: [] as Figure[] };
  try {
    await workload.store.settled();
    for (const { what, into, measure } of partsOf(backend)) {
      onPart(what);
      await options.pause?.();
      measured[into].push(...(await measure(workload, options)));
    }
  } finally {
    workload.store.dispose();
  }
  const { adapter, kernels, features, backend: kind } = backend.facts;
  const stamped = features.includes('timestamp-query');
  return {
    backend: kind,
    adapter,
    kernels,
    timing: gpu ? (stamped ? 'timestamps' : 'repeated dispatches') : null,
    batch,
    ...measured,
  };
}
