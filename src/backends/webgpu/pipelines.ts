import type { Dispatch } from '../../graph/op.ts';

/** Compute pipelines by their WGSL, so that every layer and every program shares them. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get(dispatch: Dispatch): Promise<GPUComputePipeline> {
    const code = sourceOf(dispatch);
    let pipeline = this.#pipelines.get(code);
    if (!pipeline) {
      const module = this.#device.createShaderModule({ label: dispatch.label, code });
      pipeline = this.#device.createComputePipelineAsync({
        label: dispatch.label,
        layout: 'auto',
        compute: { module },
      });
      this.#pipelines.set(code, pipeline);
    }
    return pipeline;
  }
}

export function sourceOf({ code, directives = [], constants = {} }: Dispatch): string {
  const preamble = Object.entries(constants).map(([name, value]) => `const ${name}: u32 = ${value}u;`);
  return [...directives, ...preamble, ...code].join('\n');
}
