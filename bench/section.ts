import type { WebGpuBackend } from '../src/backends/webgpu/webgpu.ts';
import type { MeasureOptions, Row } from './protocol.ts';

/** What a section measures with. */
export interface Context extends MeasureOptions {
  readonly device: GPUDevice;
  /** Ours, on that device. */
  readonly backend: WebGpuBackend;
  /** A line for whoever waits. */
  readonly say: (line: string) => void;
}

/**
 * A part of the benchmark, measured in a page of a new browser: `export const section: Section` in a file of
 * `bench/page/` or `bench/peers/`, registered in `bench/sections.ts`. Host, JSON and document take any.
 */
export interface Section {
  readonly title: string;
  readonly measure: (context: Context) => Promise<readonly Row[]>;
}
