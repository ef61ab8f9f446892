import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { preTokenizerOf } from './gguf-pre-tokenizers.ts';
import { tokenizerMetadata } from './gguf-tokenizer-write.ts';

const ids = { vocabSize: 3, bosTokenId: null, eosTokenIds: [] };
const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };

const written = (tokenizer: { pre?: unknown; normalizer?: unknown; options?: object }) => {
  const { pre = null, normalizer = null, options = {} } = tokenizer;
  const json = { model: { ...model, ...options }, pre_tokenizer: pre, normalizer };
  const { fields, notes } = tokenizerMetadata(json, null, ids);
  return { name: fields.get('tokenizer.ggml.pre'), notes };
};

const pre = (name: string) => preTokenizerOf(name)!.preTokenizer;

describe('what llama.cpp does otherwise than a tokenizer.json is said', () => {
  it('nothing, where the two are the same', () => {
    expect(written({ pre: pre('qwen2') })).toEqual({ name: { text: 'qwen2' }, notes: [] });
    const llama3 = { pre: pre('llama-bpe'), options: { ignore_merges: true } };
    expect(written(llama3)).toEqual({ name: { text: 'llama-bpe' }, notes: [] });
    expect(written({ pre: pre('llama-bpe') })).toEqual({ name: { text: 'dbrx' }, notes: [] });
    const prefix = { type: 'Prepend', prepend: '▁' };
    const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
    const pieces = { type: 'Sequence', normalizers: [prefix, spaces] };
    expect(written({ normalizer: pieces, options: { byte_fallback: true } }).notes).toEqual([]);
  });

  it.each([
    [{ type: 'NFC' }, 'NFC'],
    [{ type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] }, 'NFKC, Lowercase'],
  ])('a normalizer', (normalizer, names) => {
    for (const tokenizer of [{ pre: pre('qwen2') }, { options: { byte_fallback: true } }])
      expect(written({ ...tokenizer, normalizer }).notes.join()).toContain(`normalizes text (${names})`);
  });

  it('words that are merged or not', () => {
    const { name, notes } = written({ pre: pre('gpt-2'), options: { ignore_merges: true } });
    expect(name).toEqual({ text: 'gpt-2' });
    expect(notes.join()).toContain('ignore_merges');
  });

  it('rules that have no name', () => {
    const { name, notes } = written({ pre: { type: 'ByteLevel', add_prefix_space: true } });
    expect(name).toEqual({ text: 'gpt-2' });
    expect(notes.join()).toContain('no name');
  });

  it('a Sequence of nothing', () => {
    const broken = {
      pre: { type: 'Sequence', x: 1, pretokenizers: [{ type: 'ByteLevel' }, { type: 'Sequence' }] },
    };
    expect(() => written(broken)).toThrow(PareError);
    expect(() => written(broken)).toThrow(/no list "pretokenizers"/);
  });
});
