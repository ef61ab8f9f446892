/** A config.json of every architecture, as small as the demo's tokenizer and INT4 groups of 32 allow. */

const common = {
  vocab_size: 116,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 64,
  bos_token_id: 2,
  eos_token_id: 3,
};
const gated = { ...common, intermediate_size: 64, num_key_value_heads: 4, tie_word_embeddings: true };

export const tinyConfigs: readonly Record<string, unknown>[] = [
  { ...gated, model_type: 'mistral', sliding_window: 12 },
  { ...gated, model_type: 'qwen2', use_sliding_window: true, sliding_window: 12, max_window_layers: 1 },
  { ...gated, model_type: 'qwen3', head_dim: 16 },
  { ...gated, model_type: 'gemma', head_dim: 16 },
  {
    ...gated,
    model_type: 'gemma2',
    head_dim: 16,
    query_pre_attn_scalar: 12,
    sliding_window: 12,
    attn_logit_softcapping: 4,
    final_logit_softcapping: 6,
  },
  {
    model_type: 'gpt2',
    vocab_size: 116,
    n_embd: 32,
    n_head: 4,
    n_layer: 2,
    n_positions: 64,
    bos_token_id: 2,
    eos_token_id: 3,
  },
  { ...common, model_type: 'gpt_neox', intermediate_size: 64, rotary_pct: 0.5 },
  {
    ...common,
    model_type: 'gpt_neox',
    intermediate_size: 64,
    rotary_pct: 0.5,
    use_parallel_residual: false,
  },
  { ...common, model_type: 'opt', ffn_dim: 64, word_embed_proj_dim: 32 },
  { ...common, model_type: 'phi', intermediate_size: 64, partial_rotary_factor: 0.5 },
];
