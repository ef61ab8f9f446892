import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { modelQuantization } from './model.testing.ts';

modelQuantization(() => Promise.resolve(new CpuBackend()), { layers: 1, batches: 2 });
