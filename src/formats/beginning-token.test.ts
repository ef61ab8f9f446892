import { describe, expect, it } from 'vitest';
import { addsBosItself, postProcessorBegins } from './beginning-token.ts';

const bytes = {
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split' }, { type: 'ByteLevel' }] },
};

describe('addsBosItself', () => {
  it.each<[string, unknown, object | null, boolean]>([
    ['SentencePiece', { decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }] } }, null, true],
    ['bytes', bytes, {}, false],
    ['bytes, told to', bytes, { add_bos_token: true }, true],
    ['SentencePiece, told not to', {}, { add_bos_token: false }, false],
    ['no tokenizer', null, null, true],
  ])('%s', (_, json, settings, expected) => {
    expect(addsBosItself(json, settings as Record<string, unknown> | null)).toBe(expected);
  });
});

describe('postProcessorBegins', () => {
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>' } }, { Sequence: {} }],
  };

  it.each<[string, unknown, boolean]>([
    ['with a special token', { post_processor: template }, true],
    [
      'with one in a sequence, as Llama 3',
      { post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template] } },
      true,
    ],
    [
      'behind the text only',
      { post_processor: { ...template, single: template.single.toReversed() } },
      false,
    ],
    ['not at all', { post_processor: null }, false],
    ['no tokenizer', undefined, false],
  ])('%s', (_, json, expected) => expect(postProcessorBegins(json)).toBe(expected));
});
