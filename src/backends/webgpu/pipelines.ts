import type { Dispatch } from '../../graph/op.ts';
import { guarded } from './scopes.ts';

/** Compute pipelines by their WGSL, so that every layer and every program shares them. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A pipeline that could not be made is not remembered: the next program may have more luck. */
  get(dispatch: Dispatch): Promise<GPUComputePipeline> {
    const code = sourceOf(dispatch);
    const known = this.#pipelines.get(code);
    if (known) return known;
    // The scopes only keep the console quiet: the promise itself says what is wrong.
    const { made } = guarded(this.#device, () => this.#compile(dispatch.label, code));
    made.catch(() => this.#pipelines.delete(code));
    this.#pipelines.set(code, made);
    return made;
  }

  #compile(label: string, code: string): Promise<GPUComputePipeline> {
    const module = this.#device.createShaderModule({ label, code });
    return this.#device.createComputePipelineAsync({ label, layout: 'auto', compute: { module } });
  }
}

export function sourceOf({ code, directives = [], constants = {} }: Dispatch): string {
  const preamble = Object.entries(constants).map(([name, value]) => `const ${name}: u32 = ${value}u;`);
  return [...directives, ...preamble, ...code].join('\n');
}
