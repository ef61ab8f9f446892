import { describe, expect, it, vi } from 'vitest';
import { bytesSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { hasShared, readSharedBytes, readSharedJson } from '../lib/golden.testing.ts';
import type { Item } from './item.ts';
import { openData } from './parse.ts';
import { tokenizeDocuments, tokenizeItem, tokenizeItems, tokenizePair } from './tokenize.ts';
import { createTokenizer, openTokenizer } from './tokenizer.ts';

const itemOf = (question: string, answer: string, line = 1): Item => ({
  question,
  input: '',
  prompt: question,
  answer,
  options: null,
  correct: 0,
  check: { kind: 'text', gold: answer.trim() },
  line,
});

/** Words and punctuation, one token each: ids are places in the list. */
function wordTokenizer(words: string[], postProcessor: unknown = null): unknown {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: postProcessor,
    decoder: null,
    model: {
      type: 'WordLevel',
      unk_token: '<unk>',
      vocab: Object.fromEntries(['<unk>', '<s>', '</s>', ...words].map((word, id) => [word, id])),
    },
  };
}

const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const around = (...single: unknown[]) => ({
  type: 'TemplateProcessing',
  single,
  pair: single,
  special_tokens: {
    '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] },
    '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
  },
});
const sequence = { Sequence: { id: 'A', type_id: 0 } };

const words = wordTokenizer(['a', 'b', 'c', '?', '4']);
const model = { vocabSize: 8, bosTokenId: 1, eosTokenIds: [2] };

describe('createTokenizer', () => {
  it.each<[string, unknown, object, object, number[]]>([
    ["takes the model's BOS where the tokenizer adds none", words, {}, {}, [1]],
    [
      'adds none of its own to bytes, whatever the model has',
      { ...(words as object), decoder: { type: 'Sequence', decoders: [{ type: 'ByteLevel' }] } },
      {},
      {},
      [],
    ],
    [
      'adds it to bytes where the tokenizer is told to',
      { ...(words as object), decoder: { type: 'ByteLevel' } },
      { add_bos_token: true },
      {},
      [1],
    ],
    ['adds none where the model has none', words, {}, { bosTokenId: null }, []],
    ['adds none where the tokenizer is told not to', words, { add_bos_token: false }, {}, []],
    [
      "keeps the post-processor's own",
      wordTokenizer(['a'], around(special('<s>'), sequence)),
      {},
      { bosTokenId: null },
      [1],
    ],
    [
      'never appends what the post-processor would',
      wordTokenizer(['a'], around(sequence, special('</s>'))),
      {},
      {},
      [1],
    ],
  ])('%s', (_, json, config, changes, prefix) => {
    const tokenizer = createTokenizer(json, config as Record<string, unknown>, { ...model, ...changes });
    expect(tokenizer.prefix).toEqual(prefix);
    expect(tokenizer.encode('a')).toEqual([...prefix, 3]);
    expect(tokenizer.encode('')).toEqual(prefix);
  });

  it('finds the end token in the model, else in the tokenizer', () => {
    expect(createTokenizer(words, {}, { ...model, eosTokenIds: [5, 2] })).toMatchObject({
      endId: 5,
      endIds: [5, 2],
    });
    expect(createTokenizer(words, { eos_token: '</s>' }, { ...model, eosTokenIds: [] }).endId).toBe(2);
    expect(
      createTokenizer(words, { eos_token: { content: '</s>' } }, { ...model, eosTokenIds: [] }).endId,
    ).toBe(2);
    expect(createTokenizer(words, {}, { ...model, eosTokenIds: [] }).endId).toBeNull();
  });

  it('decodes without special tokens', () => {
    expect(createTokenizer(words, {}, model).decode([1, 3, 6, 2])).toBe('a ?');
    expect(createTokenizer(words, {}, model).decode([])).toBe('');
  });

  it('refuses a tokenizer that is missing, broken or of another model', () => {
    const create =
      (json: unknown, changes: object = {}) =>
      () =>
        createTokenizer(json, null, { ...model, ...changes });
    expect(create(undefined)).toThrowError(/has no tokenizer\.json/);
    expect(create({})).toThrowError(/tokenizer\.json could not be used/);
    expect(create('x')).toThrowError(PareError);
    expect(create({ ...(words as object), model: { type: 'Nothing' } })).toThrowError(PareError);
    expect(create(words, { vocabSize: 2 })).toThrowError(
      /does not match the model: .* but the model has 2 tokens/,
    );
    const small = createTokenizer(words, null, { ...model, vocabSize: 5 });
    expect(() => small.encode('a c')).toThrowError(/it gives token 5 for "a c", but the model has 5 tokens/);
  });
});

describe('tokenizePair', () => {
  const tokenizer = createTokenizer(words, {}, model);

  it('splits at the token boundary and ends with the end token', () => {
    expect(tokenizePair(tokenizer, 'a b ?', ' 4')).toEqual({
      ids: [1, 3, 4, 6, 7, 2],
      answerStart: 4,
      prompt: 'a b ?',
      answer: ' 4',
    });
    expect(tokenizePair(createTokenizer(words, {}, { ...model, eosTokenIds: [] }), 'a', ' 4').ids).toEqual([
      1, 3, 7,
    ]);
    expect(tokenizePair(tokenizer, 'a', ' 4</s>').ids).toEqual([1, 3, 7, 2]);
  });

  it('counts a token that straddles the boundary to the answer, and never the first one', () => {
    const merged = createTokenizer(wordTokenizer(['a', 'b', 'ab']), {}, { ...model, bosTokenId: null });
    expect(tokenizePair(merged, 'b a', 'b')).toMatchObject({ ids: [4, 5, 2], answerStart: 1 });
    expect(tokenizePair(merged, 'a', 'b')).toMatchObject({ ids: [5, 2], answerStart: 1 });
  });

  it('leaves out and counts what is too long', () => {
    const items = ['a', 'a b', 'a b c'].map((question, i) => itemOf(question, ' 4', i + 1));
    const asking = { template: 'auto', withOptions: false } as const;
    const { examples, tooLong } = tokenizeItems(tokenizer, items, { ...asking, maxLength: 5 });
    expect([examples.length, tooLong]).toEqual([2, 1]);
    expect(() => tokenizeItems(tokenizer, items, { ...asking, maxLength: 3 })).toThrowError(
      /All 3 examples are longer than 3 tokens; the shortest has 4/,
    );
  });

  it('cuts documents, and drops those that predict nothing', () => {
    const silent = createTokenizer(words, {}, { ...model, bosTokenId: null });
    expect(tokenizeDocuments(silent, ['a b c', 'a', 'b a'], 2).map(({ ids }) => ids)).toEqual([
      [3, 4],
      [4, 3],
    ]);
    expect(() => tokenizeDocuments(silent, ['a'], 2)).toThrowError(PareError);
  });

  it('reads no more documents than are wanted', () => {
    const silent = createTokenizer(words, {}, { ...model, bosTokenId: null });
    const encode = vi.fn(silent.encode.bind(silent));
    const found = tokenizeDocuments({ ...silent, encode }, ['a', 'a b', 'b a', 'c a'], 4, 2);
    expect(found.map(({ answer }) => answer)).toEqual(['a b', 'b a']);
    expect(encode).toHaveBeenCalledTimes(3);
  });
});

describe('stories260K', () => {
  const folder = 'models/stories260K-hf';
  const stories = { vocabSize: 512, bosTokenId: 1, eosTokenIds: [2] };
  const open = () =>
    createTokenizer(
      readSharedJson(`${folder}/tokenizer.json`),
      readSharedJson(`${folder}/tokenizer_config.json`),
      stories,
    );

  it.skipIf(!hasShared(folder))('tokenises the first 200 documents as the reference does', async () => {
    const path = 'data/tinystories/tinystories_10k.txt';
    const { dataset } = await openData(bytesSource(path, readSharedBytes(path)));
    if (dataset.kind !== 'documents') throw new Error('not text');
    const expected = readSharedJson<number[][]>('models/stories260K-tinystories200.ids.json');
    const documents = dataset.documents.slice(0, 200);
    expect(tokenizeDocuments(open(), documents, 4096).map(({ ids }) => ids)).toEqual(expected);
    const cut = tokenizeDocuments(open(), documents, 512);
    // As many predictions as give the perplexity of 3.705 that the MANIFEST states.
    expect(cut.reduce((sum, { ids, answerStart }) => sum + ids.length - answerStart, 0)).toBe(74_120);
  });

  it.skipIf(!hasShared(folder))('decodes what it encodes, and splits after the prompt', () => {
    const tokenizer = open();
    const text = 'Once upon a time, there was a cat. “Hi!”\nThe end.';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const prompt = 'How many cats?';
    const { ids, answerStart } = tokenizePair(tokenizer, prompt, ' Two');
    expect(answerStart).toBe(tokenizer.encode(prompt).length);
    expect(tokenizer.decode(ids.slice(answerStart)).trim()).toBe('Two');
  });
});

describe('chat templates', () => {
  const chatml =
    "{% for message in messages %}{{ '<s>' + message['role'] + ' ' + message['content'] + '</s>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<s>assistant ' }}{% endif %}";
  const vocabulary = wordTokenizer(['a', 'b', 'c', '?', '4', 'user', 'assistant']);
  const larger = { ...model, vocabSize: 10 };
  const open = (template: unknown, config: object = {}) =>
    openTokenizer(vocabulary, { ...config, chat_template: template }, larger);
  const asked = { template: 'chat', withOptions: true } as const;

  it('spell special tokens as their ids, with no BOS but their own, and end where the turn ends', async () => {
    const tokenizer = await open(chatml);
    const example = tokenizeItem(tokenizer, { ...itemOf('a b ?', '4'), options: ['4', 'c'] }, asked);
    // <s> user a b ? </s> <s> assistant | 4 </s>, and no line break after it.
    expect(example.ids).toEqual([1, 8, 3, 4, 6, 2, 1, 9, 7, 2]);
    expect(example.answerStart).toBe(8);
    expect(example.options?.map(({ ids, answerStart }) => [ids.slice(answerStart), answerStart])).toEqual([
      [[7], 8],
      [[5], 8],
    ]);
    expect(tokenizer.pieces(example.ids)[0]).toBe('<s>');
    expect(example.ids.map((id) => tokenizer.isSpecial(id))).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('are taken by name from several, and know the special tokens', async () => {
    const several = [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: '{{ bos_token }}{{ messages[0].content }} ? ' },
    ];
    const tokenizer = await open(several, { bos_token: { content: '<s>' } });
    expect(tokenizeItem(tokenizer, itemOf('a', '4'), asked)).toMatchObject({
      ids: [1, 3, 6, 7, 2],
      answerStart: 3,
    });
    expect((await open(undefined)).chat).toBeNull();
    expect(() => tokenizeItem(createTokenizer(words, {}, model), itemOf('a', '4'), asked)).toThrowError(
      /has no chat template/,
    );
  });

  const sixtyThousand = `{% set x = '${'a'.repeat(60_000)}' %}`;

  it('may multiply within bounds', async () => {
    const { chat } = await open(
      String.raw`{{ "a\nb" | indent(2) }} {{ ['a', 'b'] | join(', ') }} {{ messages[0].content.replace('a', 'bc') }} ` +
        `{{ 'aa' | replace('a', 'b') }} {{ {'a': [1]} | tojson(indent=1) }} {{ 'a b'.split(' ')[1] }}`,
    );
    expect(chat?.render([{ role: 'user', content: 'a?' }], true)).toBe(
      'a\n  b a, b bc? bb {\n "a": [\n  1\n ]\n} b',
    );
  });

  it.each([
    [
      'endless loops',
      '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}',
      /takes too long/,
    ],
    ['counting', '{% for a in range(1000000000) %}{% endfor %}', /it counts to 1000000000/],
    ['doubling', `{% set x = 'aaaaaaaa' %}${'{% set x = x + x %}'.repeat(40)}{{ x }}`, /writes too much/],
    ['indenting', String.raw`{{ "a\nb" | indent(200000000) }}`, /writes too much/],
    ['indenting a block', '{% filter indent(200000000) %}a{% endfilter %}', /indent on a block/],
    ['joining', `${sixtyThousand}{{ x | join(x) }}`, /writes too much/],
    ['replacing', `${sixtyThousand}{{ x | replace('a', x) }}`, /writes too much/],
    ['a method that replaces', `${sixtyThousand}{% set f = x.replace %}{{ f('a', x) }}`, /writes too much/],
    ['spacing JSON', '{{ [[1], [2]] | tojson(indent=200000000) }}', /writes too much/],
    ['hidden arguments', '{{ "a" | indent(*[200000000]) }}', /spreads the arguments/],
    [
      'values that hold one another many times',
      `{% set x = ['a'] %}${'{% set x = [x, x] %}'.repeat(40)}{{ x | tojson }}`,
      /writes too much/,
    ],
    [
      'a template of their own calling',
      '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
      /could not be used/,
    ],
    ['a refusal', "{{ raise_exception('no system role') }}", /no system role/],
    ['broken syntax', '{% if %}', /could not be used/],
  ])('cannot harm by %s', async (_, template, problem) => {
    const { chat } = await open(template);
    expect(() => chat?.render([{ role: 'user', content: 'a' }], true)).toThrowError(problem);
    expect(() => chat?.render([{ role: 'user', content: 'a' }], true)).toThrowError(PareError);
  });
});
