import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { modelQuantization } from './model.testing.ts';

modelQuantization(gpuBackend, { layers: 1, batches: 2 });
