import { parseModelConfig } from '../formats/architecture.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { architectures } from './architectures/index.ts';

/** The config of a JSON as config.json has it. */
export const configOf = (json: unknown, file = 'config.json'): ModelConfig =>
  parseModelConfig(json, file, architectures).config;

interface Sizes {
  hidden: number;
  intermediate: number;
  layers: number;
  heads: number;
  kvHeads: number;
  vocabulary: number;
  positions: number;
  tied: boolean;
}

/** A Llama of these sizes. */
export const llamaConfig = (sizes: Sizes): ModelConfig =>
  configOf({
    model_type: 'llama',
    hidden_size: sizes.hidden,
    intermediate_size: sizes.intermediate,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kvHeads,
    vocab_size: sizes.vocabulary,
    max_position_embeddings: sizes.positions,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: sizes.tied,
  });
