import type { Graph } from '../../graph/graph.ts';
import type { Backend, DeviceFacts, Program, Store } from '../backend.ts';
import { deviceFacts } from './device.ts';
import { PipelineCache } from './pipelines.ts';
import { GpuProgram } from './program.ts';
import { GpuStore } from './store.ts';

/** Runs graphs on a WebGPU device that it is given: in a page, a worker, or Node (Dawn). */
export class WebGpuBackend implements Backend {
  readonly facts: DeviceFacts;
  readonly lost: Promise<string>;
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.facts = deviceFacts(device);
    this.#pipelines = new PipelineCache(device);
    this.lost = device.lost.then(({ message, reason }) => message || reason);
  }

  createStore(): GpuStore {
    return new GpuStore(this.#device, this.facts.maxTensorBytes);
  }

  compile(graph: Graph, store: Store): Promise<Program> {
    return GpuProgram.build(this.#device, this.#pipelines, graph, store as GpuStore);
  }

  async idle(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
  }

  dispose(): void {
    this.#device.destroy();
  }
}
