import type { Architecture } from '../../formats/architecture.ts';
import { gemma, gemma2 } from './gemma.ts';
import { gpt2 } from './gpt2.ts';
import { gptNeox } from './gpt-neox.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { opt } from './opt.ts';
import { phi } from './phi.ts';
import { qwen2, qwen3 } from './qwen.ts';

/** Every architecture that Pare runs. */
export const architectures: readonly Architecture[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  gpt2,
  gptNeox,
  opt,
  phi,
  gemma,
  gemma2,
];
