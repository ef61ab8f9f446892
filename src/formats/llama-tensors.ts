/** Which tensors a Llama model has, by their names in Hugging Face files, and how large they are. */
import type { ModelConfig } from './model-config.ts';

export const embeddingName = 'model.embed_tokens.weight';
export const headName = 'lm_head.weight';

/** Name → shape of every tensor, in the order of the forward pass; a tied head is not listed. Linear weights are [out, in]. */
export function expectedTensors(config: ModelConfig): Map<string, readonly number[]> {
  const expected = new Map<string, readonly number[]>();
  expected.set(embeddingName, [config.vocabSize, config.hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) addLayer(expected, config, `model.layers.${layer}`);
  expected.set('model.norm.weight', [config.hiddenSize]);
  if (!config.tied) expected.set(headName, [config.vocabSize, config.hiddenSize]);
  return expected;
}

function addLayer(expected: Map<string, readonly number[]>, config: ModelConfig, layer: string): void {
  const { hiddenSize, intermediateSize, attentionBias, mlpBias } = config;
  const queries = config.heads * config.headDim;
  const keys = config.kvHeads * config.headDim;
  const linear = (name: string, out: number, inputs: number, bias: boolean) => {
    expected.set(`${layer}.${name}.weight`, [out, inputs]);
    if (bias) expected.set(`${layer}.${name}.bias`, [out]);
  };
  expected.set(`${layer}.input_layernorm.weight`, [hiddenSize]);
  linear('self_attn.q_proj', queries, hiddenSize, attentionBias);
  linear('self_attn.k_proj', keys, hiddenSize, attentionBias);
  linear('self_attn.v_proj', keys, hiddenSize, attentionBias);
  linear('self_attn.o_proj', hiddenSize, queries, attentionBias);
  expected.set(`${layer}.post_attention_layernorm.weight`, [hiddenSize]);
  linear('mlp.gate_proj', intermediateSize, hiddenSize, mlpBias);
  linear('mlp.up_proj', intermediateSize, hiddenSize, mlpBias);
  linear('mlp.down_proj', hiddenSize, intermediateSize, mlpBias);
}

/** Buffers that older files carry beside the weights. */
export function isIgnoredBuffer(name: string): boolean {
  return name.endsWith('rotary_emb.inv_freq');
}

/** The name with the `model.` that files of a bare LlamaModel lack. */
export function canonicalName(name: string): string {
  return /^(?:embed_tokens|layers|norm)\./.test(name) ? `model.${name}` : name;
}
