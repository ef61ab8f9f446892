import type { Graph } from '../../graph/graph.ts';
import type { DeviceTraits } from '../../graph/op.ts';
import type { Backend, DeviceFacts, Program, Store } from '../backend.ts';
import { questionsOf, Tuner } from './autotune.ts';
import { deviceFacts, deviceTraits, largestBinding } from './device.ts';
import { namedChoices } from './kernel-names.ts';
import { Pace } from './pace.ts';
import { PipelineCache } from './pipelines.ts';
import { dispatchesOf, GpuProgram } from './program.ts';
import { GpuStore } from './store.ts';

export interface WebGpuOptions {
  /** Variants to take, by the key of their choice. */
  readonly choices?: DeviceTraits['choices'];
  /** Whether `tune` measures. Not on software adapters unless asked: each has a default that was measured at leisure. */
  readonly measures?: boolean;
}

/** Runs graphs on a WebGPU device that it is given: in a page, a worker, or Node (Dawn). */
export class WebGpuBackend implements Backend {
  readonly lost: Promise<string>;
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #pace = new Pace();
  readonly #tuner: Tuner | null;
  /** Before anything was measured or adopted. */
  readonly #untuned: DeviceTraits;
  #traits: DeviceTraits;

  constructor(device: GPUDevice, { choices, measures }: WebGpuOptions = {}) {
    this.#device = device;
    this.#traits = this.#untuned = deviceTraits(device, choices);
    this.#pipelines = new PipelineCache(device);
    this.#tuner = (measures ?? !this.#traits.software) ? new Tuner(this.#shared) : null;
    this.lost = lossOf(device);
  }

  get #shared() {
    return { device: this.#device, pipelines: this.#pipelines, pace: this.#pace };
  }

  /** For what measures the device itself. */
  get device(): GPUDevice {
    return this.#device;
  }

  /** What decides between variants of a kernel, as it is now. */
  get traits(): DeviceTraits {
    return this.#traits;
  }

  get facts(): DeviceFacts {
    return deviceFacts(this.#device, this.#traits);
  }

  createStore(): GpuStore {
    return new GpuStore(this.#device, largestBinding(this.#device));
  }

  compile(graph: Graph, store: Store): Promise<Program> {
    return GpuProgram.build({ ...this.#shared, traits: this.#traits }, graph, store as GpuStore);
  }

  /** Only what these graphs ask for is chosen: the same graphs, the same kernels, whatever ran before. */
  async tune(graphs: readonly Graph[], checkpoint = goOn): Promise<void> {
    this.#choose(this.#untuned.choices);
    const measured = await this.#tuner?.answer(questionsOf(graphs, this.#untuned), this.#untuned, checkpoint);
    this.#choose(new Map([...(measured ?? []), ...this.#untuned.choices]));
  }

  precompile(graphs: readonly Graph[]): void {
    for (const dispatch of dispatchesOf(graphs, this.#traits)) void this.#pipelines.get(dispatch);
  }

  adopt(kernels: string): void {
    this.#choose(namedChoices(kernels));
  }

  #choose(choices: DeviceTraits['choices']): void {
    this.#traits = { ...this.#untuned, choices };
  }

  get aheadWork(): number {
    return this.#pace.aheadWork;
  }

  async idle(): Promise<void> {
    const rested = this.#pace.waiting();
    await this.#device.queue.onSubmittedWorkDone();
    rested();
  }

  dispose(): void {
    this.#device.destroy();
  }
}

const goOn = () => Promise.resolve();

/**
 * Resolves when the device is lost, or when it refused something that nobody had asked about: what it computes from then
 * on cannot be trusted, so it is given up.
 */
async function lossOf(device: GPUDevice): Promise<string> {
  const refused = new Promise<string>((resolve) => {
    device.addEventListener('uncapturederror', ({ error }) => {
      resolve(error.message);
      // Not from inside the event: Dawn still holds the device then, and would wait for itself.
      setTimeout(() => device.destroy());
    });
  });
  return Promise.race([refused, device.lost.then(({ message, reason }) => message || reason)]);
}
