import { measureCeilings } from '../../src/backends/webgpu/measure/ceilings.ts';
import type { Section } from '../section.ts';

export const section: Section = {
  title: 'What the adapter can do',
  measure: ({ device, ...options }) => measureCeilings(device, options),
};
