import { cpu } from '../../backends/cpu.testing.ts';
import { modelQuantization } from './model.testing.ts';

modelQuantization(() => Promise.resolve(cpu), { layers: 2, batches: 10 });
