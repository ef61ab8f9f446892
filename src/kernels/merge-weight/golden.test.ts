import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { mergeWeightGoldens } from './golden.testing.ts';

mergeWeightGoldens(() => Promise.resolve(new CpuBackend()), 'float32');
mergeWeightGoldens(() => Promise.resolve(new CpuBackend({ real: Float64Array })), 'float64');
