import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { wandaGoldens } from './golden.testing.ts';

wandaGoldens(() => Promise.resolve(new CpuBackend()));
