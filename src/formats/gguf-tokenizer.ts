/**
 * The tokenizer in a GGUF file as tokenizer.json and tokenizer_config.json.
 *
 * `llama` is SentencePiece: llama.cpp merges the pair whose piece has the best score, again and again, which is BPE with
 * the merges in the order of their scores and bytes for what is left (not Unigram: that maximises the sum of scores;
 * transformers converts such vocabularies in the same way, `SentencePieceExtractor` in `convert_slow_tokenizer.py`).
 * `gpt2` is byte-level BPE with its merges in the file, and the name of the rule that cuts text into words.
 * (ggml-org/llama.cpp, `src/llama-vocab.cpp`.)
 */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import type { GgufFile } from './gguf.ts';
import type { GgufMetadata } from './gguf-metadata.ts';
import { preTokenizerOf } from './gguf-pre-tokenizers.ts';
import { checked, parseJson } from './json.ts';
import type { ModelFolder } from './model-folder.ts';
import { folderOf, readText, type FileSource } from './source.ts';

type Tokenizer = Pick<ModelFolder, 'tokenizerJson' | 'tokenizerConfig' | 'warnings'>;

/** Kinds of tokens: `tokenizer.ggml.token_type`. */
export const tokenKinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

interface Vocabulary {
  readonly metadata: GgufMetadata;
  readonly tokens: readonly string[];
  /** Of each token, from `tokenKinds`. */
  readonly kinds: ArrayLike<number>;
}

const maxTokens = 1 << 20;
const maxJsonBytes = 64 * 2 ** 20;

/** A tokenizer.json beside the file goes before the one in it. */
export async function ggufTokenizer(
  { file, metadata }: GgufFile,
  files: readonly FileSource[],
): Promise<Tokenizer> {
  const beside = (name: string) =>
    files.find((other) => other.name === name && folderOf(other.path) === folderOf(file.path));
  const own = beside('tokenizer.json');
  if (!own) return tokenizerOf(file.path, metadata);
  const config = beside('tokenizer_config.json');
  return {
    tokenizerJson: parseJson(await readText(own, maxJsonBytes), own.path, 'any'),
    tokenizerConfig: config
      ? checked(
          z.record(z.string(), z.unknown()),
          parseJson(await readText(config, maxJsonBytes), config.path),
          config.path,
          'Download the file again, or leave it out.',
        )
      : configOf(readVocabulary(metadata), true),
    warnings: [`${own.path} is used in place of the tokenizer in ${file.path}.`],
  };
}

function tokenizerOf(path: string, metadata: GgufMetadata): Tokenizer {
  const model = metadata.text('tokenizer.ggml.model') ?? 'none';
  if (model === 'none' || model === 'no_vocab')
    return { tokenizerJson: undefined, tokenizerConfig: null, warnings: [] };
  if (model === 'llama') return sentencePiece(path, readVocabulary(metadata));
  if (model === 'gpt2') return byteLevel(path, readVocabulary(metadata));
  throw unknown(path, 'tokenizer.ggml.model', model, 'llama, gpt2');
}

function unknown(path: string, field: string, found: string, known: string): PareError {
  return new PareError(
    'tokenizer-unsupported',
    `${path}: ${field} is "${found.slice(0, 60)}"; Pare knows ${known}.`,
    'Put the tokenizer.json of the original model into a folder with the file, and open both together.',
    { field },
  );
}

function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const key = 'tokenizer.ggml.tokens';
  const tokens = metadata.require(key, metadata.texts(key));
  if (tokens.length > maxTokens)
    throw metadata.fail(key, `has ${tokens.length} tokens, more than ${maxTokens}`);
  const kinds = metadata.numbers('tokenizer.ggml.token_type') ?? tokens.map(() => tokenKinds.normal);
  if (kinds.length === tokens.length) return { metadata, tokens, kinds };
  throw metadata.fail('tokenizer.ggml.token_type', `has ${kinds.length} entries for ${tokens.length} tokens`);
}

function sentencePiece(path: string, vocabulary: Vocabulary): Tokenizer {
  const { metadata, tokens, kinds } = vocabulary;
  const scores = metadata.numbers('tokenizer.ggml.scores') ?? new Float64Array(tokens.length);
  if (scores.length !== tokens.length) {
    throw metadata.fail('tokenizer.ggml.scores', `has ${scores.length} entries for ${tokens.length} tokens`);
  }
  const prefix = metadata.flag('tokenizer.ggml.add_space_prefix') ?? true;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const unknownToken = tokenOf(vocabulary, 'unknown_token_id');
  const json = {
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, spaces] }
      : spaces,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: bpe(tokens, mergesOf(tokens, kinds, scores), {
      unk_token: unknownToken ?? null,
      fuse_unk: true,
      byte_fallback: tokens.includes('<0x0A>'),
    }),
  };
  const placeholders = tokens.length > 1 && scores.every((score) => score === scores[0]);
  const warning = `${path}: all scores of its vocabulary are the same (tokenizer.ggml.scores), so texts may be cut otherwise than by the model's own tokenizer. Put its tokenizer.json beside the file.`;
  return completed(vocabulary, json, { addBos: true, warnings: placeholders ? [warning] : [] });
}

/** Longer pieces are whole words or spaces that nothing is merged to. */
const maxPiece = 64;

/** Every pair of pieces that makes a piece, the best score first, then in the order of the vocabulary. */
function mergesOf(tokens: readonly string[], kinds: ArrayLike<number>, scores: Float64Array): string[][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const mergeable = tokens.flatMap((token, id) =>
    kinds[id] === tokenKinds.normal && token.length > 1 && token.length <= maxPiece ? [id] : [],
  );
  return mergeable
    .toSorted((a, b) => scores[b]! - scores[a]! || a - b)
    .flatMap((id) => splits(tokens[id]!, ids));
}

function splits(piece: string, ids: ReadonlyMap<string, number>): string[][] {
  const pairs: { left: string; right: string; order: [number, number] }[] = [];
  for (let at = 1; at < piece.length; at++) {
    const [left, right] = [piece.slice(0, at), piece.slice(at)];
    const [a, b] = [ids.get(left), ids.get(right)];
    if (a !== undefined && b !== undefined) pairs.push({ left, right, order: [a, b] });
  }
  return pairs
    .toSorted((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1])
    .map(({ left, right }) => [left, right]);
}

function byteLevel(path: string, vocabulary: Vocabulary): Tokenizer {
  const { metadata, tokens } = vocabulary;
  const pre = metadata.text('tokenizer.ggml.pre') ?? 'default';
  const rule = preTokenizerOf(pre);
  if (!rule)
    throw unknown(
      path,
      'tokenizer.ggml.pre',
      pre,
      'those of GPT-2, Llama 3, Qwen2, SmolLM and their relatives',
    );
  const key = 'tokenizer.ggml.merges';
  const merges = metadata.require(key, metadata.texts(key)).map((merge, i) => {
    // A space inside a token is written "Ġ", so that one space is left.
    const pair = merge.split(' ');
    if (pair.length === 2) return pair;
    throw metadata.fail(key, `is no list of pairs: element ${i} is "${merge.slice(0, 60)}"`);
  });
  const json = {
    normalizer: rule.normalizer,
    pre_tokenizer: rule.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe(tokens, merges, {
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: rule.ignoreMerges,
    }),
  };
  return completed(vocabulary, json, { addBos: rule.addBos, warnings: [] });
}

function bpe(tokens: readonly string[], merges: string[][], options: object) {
  return {
    type: 'BPE',
    dropout: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    ...options,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  };
}

/** With what all tokenizers have: added tokens, and the one put before a text. */
function completed(
  vocabulary: Vocabulary,
  json: object,
  { addBos, warnings }: { addBos: boolean; warnings: string[] },
): Tokenizer {
  const config = configOf(vocabulary, addBos);
  const bos = config.add_bos_token ? config.bos_token : undefined;
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary),
      ...json,
      post_processor: bos === undefined ? null : prepending(bos, vocabulary.tokens.indexOf(bos)),
    },
    tokenizerConfig: config,
    warnings,
  };
}

function addedTokens({ tokens, kinds }: Vocabulary) {
  const { unknown: unknownKind, control, userDefined } = tokenKinds;
  return tokens.flatMap((content, id) => {
    const kind = kinds[id];
    if (kind !== unknownKind && kind !== control && kind !== userDefined) return [];
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...flags, special: kind !== userDefined }];
  });
}

const text = (name: 'A' | 'B') => ({ Sequence: { id: name, type_id: 0 } });

function prepending(token: string, id: number) {
  const first = { SpecialToken: { id: token, type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [first, text('A')],
    pair: [first, text('A'), first, text('B')],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

interface TokenizerConfig extends Record<string, unknown> {
  readonly add_bos_token: boolean;
  readonly bos_token?: string;
}

function configOf(vocabulary: Vocabulary, addBos: boolean): TokenizerConfig {
  const { metadata } = vocabulary;
  const named = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' };
  const special = Object.entries(named).flatMap(([name, id]) => {
    const token = tokenOf(vocabulary, `${id}_token_id`);
    return token === undefined ? [] : [[name, token]];
  });
  const template = metadata.text('tokenizer.chat_template');
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    add_bos_token: metadata.flag('tokenizer.ggml.add_bos_token') ?? addBos,
    add_eos_token: metadata.flag('tokenizer.ggml.add_eos_token') ?? false,
    ...(Object.fromEntries(special) as { bos_token?: string }),
    ...(template === undefined ? {} : { chat_template: template }),
  };
}

function tokenOf({ metadata, tokens }: Vocabulary, name: string): string | undefined {
  const id = metadata.count(`tokenizer.ggml.${name}`, { min: 0, max: 2 ** 32 });
  return id === undefined ? undefined : tokens[id];
}
