import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { configOf } from '../models/config.testing.ts';

const llama = {
  model_type: 'llama',
  hidden_size: 48,
  intermediate_size: 80,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  vocab_size: 101,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  hidden_act: 'silu',
};

const parse = (changes: Record<string, unknown> = {}) => configOf({ ...llama, ...changes }, 'm/config.json');

describe('parseModelConfig', () => {
  it('fills in what is missing', () => {
    expect(parse()).toMatchObject({
      kvHeads: 6,
      headDim: 8,
      ropeTheta: 10_000,
      ropeScaling: null,
      decoder: { biases: [] },
      tied: false,
      bosTokenId: null,
      eosTokenIds: [],
      dtype: null,
    });
    expect(parse({ head_dim: null, num_key_value_heads: null })).toMatchObject({ kvHeads: 6, headDim: 8 });
  });

  it.each(['mistral', 'qwen2'])('%s: a window that is not stated is the one of the library', (type) => {
    const switches = { model_type: type, use_sliding_window: true, max_window_layers: 0 };
    const windowsOf = (changes: object) => parse({ ...switches, ...changes }).decoder.windows;
    expect(windowsOf({})).toEqual([4096, 4096]);
    expect(windowsOf({ sliding_window: null })).toEqual([null, null]);
    expect(windowsOf({ sliding_window: 3 })).toEqual([3, 3]);
  });

  it('reads both styles of rotary settings and dtypes', () => {
    expect(parse({ rope_theta: 5e5, torch_dtype: 'bfloat16' })).toMatchObject({
      ropeTheta: 5e5,
      dtype: 'bf16',
    });
    const five = { rope_parameters: { rope_type: 'default', rope_theta: 7 }, dtype: 'float16' };
    expect(parse(five)).toMatchObject({ ropeTheta: 7, ropeScaling: null, dtype: 'f16' });
    expect(parse({ rope_scaling: { type: 'linear', factor: 4 } }).ropeScaling).toEqual({
      type: 'linear',
      factor: 4,
    });
    const llama3 = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    };
    const expected = {
      type: 'llama3',
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositions: 32,
    };
    expect(parse({ rope_scaling: llama3 }).ropeScaling).toEqual(expected);
    expect(parse({ rope_parameters: { ...llama3, rope_theta: 9 } })).toMatchObject({
      ropeTheta: 9,
      ropeScaling: expected,
    });
  });

  it('keeps one or several end tokens', () => {
    expect(parse({ eos_token_id: 2 }).eosTokenIds).toEqual([2]);
    expect(parse({ eos_token_id: [5, 6], bos_token_id: 1 })).toMatchObject({
      eosTokenIds: [5, 6],
      bosTokenId: 1,
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown architecture', { model_type: 'mamba' }, /model_type is "mamba"; Pare knows: llama/],
    ['no architecture', { model_type: undefined }, /model_type is missing/],
    ['a missing size', { hidden_size: undefined }, /hidden_size: /],
    ['a size of zero', { num_hidden_layers: 0 }, /num_hidden_layers: /],
    ['an absurd size', { vocab_size: 1e12 }, /vocab_size: /],
    ['a size that is text', { hidden_size: '48' }, /hidden_size: /],
    ['another activation', { hidden_act: 'mish' }, /hidden_act is "mish"/],
    [
      'heads that do not divide',
      { num_attention_heads: 5 },
      /num_attention_heads is 5, which does not divide 48/,
    ],
    [
      'key heads that do not divide',
      { num_key_value_heads: 4 },
      /num_key_value_heads is 4, which does not divide 6/,
    ],
    ['an odd head size', { head_dim: 7 }, /head_dim is 7/],
    [
      'other rotary scaling',
      { rope_scaling: { rope_type: 'yarn', factor: 2 } },
      /rope_scaling\.rope_type is "yarn"/,
    ],
    [
      'scaling without a factor',
      { rope_parameters: { rope_type: 'linear' } },
      /rope_parameters\.factor is missing/,
    ],
    ['an odd part that turns', { partial_rotary_factor: 0.4 }, /head_dim is 8, of which 3 turn/],
  ])('refuses %s, naming file and field', (_, changes, message) => {
    expect(() => parse(changes)).toThrowError(PareError);
    expect(() => parse(changes)).toThrowError(message);
    expect(() => parse(changes)).toThrowError(/^m\/config\.json: /);
  });

  it('keeps the file for exporting, without how its weights are held', () => {
    const { raw } = parse({ quantization_config: { quant_method: 'compressed-tensors' }, note: 'kept' });
    expect(raw).toEqual({ ...llama, note: 'kept' });
  });

  it('refuses what is no object', () => {
    expect(() => configOf([], 'config.json')).toThrowError(PareError);
  });
});
