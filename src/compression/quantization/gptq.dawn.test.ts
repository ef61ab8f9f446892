import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { gptqGoldens } from './golden.testing.ts';

gptqGoldens(gpuBackend);
