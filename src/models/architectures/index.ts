import type { Architecture } from '../../formats/architecture.ts';
import { llama } from './llama.ts';

/** Every architecture that Pare runs. */
export const architectures: readonly Architecture[] = [llama];
