import { expect, it } from 'vitest';
import { configOf } from '../models/config.testing.ts';
import { tinyConfigs } from '../models/tiny-configs.testing.ts';
import { whyNot } from './gguf-metadata.ts';

const family = (name: string) => tinyConfigs.find(({ model_type: type }) => type === name)!;

it.each([
  ['qwen3', true, 'has no biases in attention'],
  ['gemma', true, 'has no biases in attention'],
  ['gemma2', true, 'has no biases in attention'],
  ['qwen3', false, null],
  ['gemma', false, null],
  ['gpt_neox', false, 'needs biases in attention'],
  ['gpt_neox', true, null],
])('%s with attention_bias %s: %s', (name, bias, why) => {
  const scale = name === 'gemma2' ? { query_pre_attn_scalar: 16 } : {};
  const refused = whyNot(configOf({ ...family(name), ...scale, attention_bias: bias }));
  if (why === null) expect(refused).toBeNull();
  else expect(refused).toContain(why);
});
