import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { wandaGoldens } from './golden.testing.ts';

wandaGoldens(gpuBackend);
