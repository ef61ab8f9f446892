import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { roundingGoldens } from './golden.testing.ts';

roundingGoldens(gpuBackend);
