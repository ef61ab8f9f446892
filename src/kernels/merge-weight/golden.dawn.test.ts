import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { mergeWeightGoldens } from './golden.testing.ts';

mergeWeightGoldens(gpuBackend, 'float32');
