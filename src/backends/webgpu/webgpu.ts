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
    this.lost = lossOf(device);
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
