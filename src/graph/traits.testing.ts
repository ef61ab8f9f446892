import type { DeviceTraits } from './op.ts';

/** A device with the least that WebGPU promises, of which nothing was measured. */
export const plainTraits: DeviceTraits = {
  subgroup: null,
  workgroupBytes: 16_384,
  workgroupThreads: 256,
  software: false,
  choices: new Map(),
};
