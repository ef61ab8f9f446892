/**
 * tokenizer.json as the metadata that llama.cpp reads: BPE with byte fallback as `llama` (pieces with scores, the first
 * merge the best), byte-level BPE as `gpt2`. Other tokenizers it does not have; then it gets the vocabulary alone, so that
 * ids become text, but must be given ids. That is a `gpt2` without merges: programs tokenize something when they load a
 * file, and llama.cpp aborts them where it has no tokenizer at all (`none`), or a `llama` without tokens for bytes.
 */
import { z } from 'zod';
import { addsBosItself, postProcessorBegins } from './beginning-token.ts';
import { checked } from './json.ts';
import { tokenKinds } from './gguf-tokenizer.ts';
import type { GgufTyped } from './gguf-write.ts';
import { preTokenizerName } from './gguf-pre-tokenizers.ts';
import type { ModelConfig } from './model-config.ts';

export interface TokenizerMetadata {
  readonly fields: ReadonlyMap<string, GgufTyped>;
  /** What the file does not carry. */
  readonly notes: readonly string[];
}

const schema = z.object({
  model: z.looseObject({
    type: z.string().nullish(),
    vocab: z.unknown().optional(),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).nullish(),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().nullish() }))
    .nullish(),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  decoder: z.unknown().optional(),
});

type TokenizerJson = z.infer<typeof schema>;
type Ids = Pick<ModelConfig, 'vocabSize' | 'bosTokenId' | 'eosTokenIds'>;
type Settings = Readonly<Record<string, unknown>>;

export function tokenizerMetadata(json: unknown, settings: Settings | null, config: Ids): TokenizerMetadata {
  if (json === undefined || json === null) return vocabularyAlone({ model: {} }, settings ?? {}, config);
  const tokenizer = checked(schema, json, 'tokenizer.json', 'Save the tokenizer again with transformers.');
  const { type, merges, byte_fallback: byteFallback } = tokenizer.model;
  const isBpe = (type ?? 'BPE') === 'BPE' && merges;
  const onBytes = includesType(tokenizer.pre_tokenizer, 'ByteLevel');
  if (!isBpe || !(byteFallback || onBytes)) return vocabularyAlone(tokenizer, settings ?? {}, config);
  const tokens = vocabularyOf(tokenizer, config.vocabSize);
  const common = commonFields(tokenizer, tokens, settings ?? {}, config);
  if (byteFallback) {
    const own: [string, GgufTyped][] = [
      ['tokenizer.ggml.model', { text: 'llama' }],
      ['tokenizer.ggml.pre', { text: 'default' }],
      ['tokenizer.ggml.scores', { f32s: scoresOf(tokens, pairsOf(tokenizer)) }],
      ['tokenizer.ggml.add_space_prefix', { flag: prependsSpace(tokenizer) }],
    ];
    return { fields: new Map([...own, ...common]), notes: normalizerNotes(tokenizer) };
  }
  const pre = preTokenizerName(tokenizer.pre_tokenizer, tokenizer.model.ignore_merges ?? false);
  const own: [string, GgufTyped][] = [
    ['tokenizer.ggml.model', { text: 'gpt2' }],
    ['tokenizer.ggml.pre', { text: pre.name }],
    ['tokenizer.ggml.merges', { texts: pairsOf(tokenizer).map((pair) => pair.join(' ')) }],
  ];
  return { fields: new Map([...own, ...common]), notes: [...pre.notes, ...normalizerNotes(tokenizer)] };
}

/** llama.cpp normalizes no text of either kind, but for the spaces of SentencePiece. */
function normalizerNotes({ normalizer, model }: TokenizerJson): string[] {
  const left = typesOf(normalizer, Boolean(model.byte_fallback));
  if (left.length === 0) return [];
  const names = [...new Set(left)].slice(0, 4).join(', ');
  return [
    `llama.cpp leaves out how the tokenizer normalizes text (${names}): text that is not in that form already may give other tokens.`,
  ];
}

/** What the steps of a normalizer are called; `spaces`: without those that write spaces as ▁. */
function typesOf(value: unknown, spaces: boolean): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const step = value as Record<string, unknown>;
  const { normalizers, type } = step;
  if (Array.isArray(normalizers)) return normalizers.flatMap((each) => typesOf(each, spaces));
  if (spaces && (type === 'Prepend' || (type === 'Replace' && step['content'] === '▁'))) return [];
  return [typeof type === 'string' ? type.slice(0, 40) : 'unknown'];
}

function vocabularyAlone(tokenizer: TokenizerJson, settings: Settings, config: Ids): TokenizerMetadata {
  const tokens = vocabularyOf(tokenizer, config.vocabSize).map(byteLevelText);
  const kind = tokenizer.model.type;
  const own: [string, GgufTyped][] = [
    ['tokenizer.ggml.model', { text: 'gpt2' }],
    ['tokenizer.ggml.pre', { text: 'gpt-2' }],
    ['tokenizer.ggml.merges', { texts: [] }],
  ];
  const reason = kind
    ? `llama.cpp has no tokenizer like the model's (${kind}), and would cut texts into other tokens`
    : 'The model has no tokenizer.json, and llama.cpp cannot cut texts into tokens';
  return {
    fields: new Map([...own, ...commonFields(tokenizer, tokens, settings, config)]),
    notes: [`${reason}: give it token ids.`],
  };
}

const pairsOf = ({ model }: TokenizerJson): string[][] =>
  (model.merges ?? []).map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge));

/** The token of each id; ids that no token has are named as transformers' converter names them. */
function vocabularyOf({ model, added_tokens: added }: TokenizerJson, size: number): string[] {
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const vocabulary = z.record(z.string(), z.int().min(0)).safeParse(model.vocab).data ?? {};
  for (const [token, id] of Object.entries(vocabulary)) if (id < size) tokens[id] = token;
  for (const { id, content } of added ?? []) if (id < size) tokens[id] = content;
  return tokens;
}

const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);

/** GPT-2's letters for bytes: printable ones stand for themselves, the others come after 255 in their order. */
function byteLetters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

const letters = byteLetters();

const byteLevelText = (token: string) =>
  Array.from(new TextEncoder().encode(token), (byte) => letters[byte]).join('');

/** The pair that merges first makes the piece with the best score. */
function scoresOf(tokens: readonly string[], merges: readonly string[][]): number[] {
  const ranks = new Map<string, number>();
  merges.forEach((pair, rank) => {
    const piece = pair.join('');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  });
  return tokens.map((token) => -(ranks.get(token) ?? (token.length > 1 ? merges.length : 0)));
}

function commonFields(
  tokenizer: TokenizerJson,
  tokens: readonly string[],
  settings: Settings,
  { bosTokenId, eosTokenIds }: Ids,
): [string, GgufTyped][] {
  const idOf = (name: unknown) => {
    const text = typeof name === 'object' && name !== null ? (name as { content?: unknown }).content : name;
    const id = typeof text === 'string' ? tokens.indexOf(text) : -1;
    return id < 0 ? null : id;
  };
  const ids: [string, number | null | undefined][] = [
    ['bos', bosTokenId ?? idOf(settings['bos_token'])],
    ['eos', eosTokenIds[0] ?? idOf(settings['eos_token'])],
    ['eot', eosTokenIds[1]],
    ['unknown', idOf(tokenizer.model.unk_token ?? settings['unk_token'])],
    ['padding', idOf(settings['pad_token'])],
  ];
  const flags = [
    // As `createTokenizer` does it.
    [
      'add_bos_token',
      postProcessorBegins(tokenizer) || (bosTokenId !== null && addsBosItself(tokenizer, settings)),
    ],
    ['add_eos_token', false],
  ] as const;
  const template = settings['chat_template'];
  return [
    ['tokenizer.ggml.tokens', { texts: tokens }],
    ['tokenizer.ggml.token_type', { i32s: kindsOf(tokenizer, tokens) }],
    ...ids.flatMap(([name, id]): [string, GgufTyped][] =>
      typeof id === 'number' ? [[`tokenizer.ggml.${name}_token_id`, { u32: id }]] : [],
    ),
    ...flags.map(([name, flag]): [string, GgufTyped] => [`tokenizer.ggml.${name}`, { flag }]),
    ...(typeof template === 'string'
      ? ([['tokenizer.chat_template', { text: template }]] as [string, GgufTyped][])
      : []),
  ];
}

function kindsOf({ model, added_tokens: added }: TokenizerJson, tokens: readonly string[]): number[] {
  const kinds = tokens.map((token, id): number => {
    if (model.byte_fallback && /^<0x[0-9A-F]{2}>$/.test(token)) return tokenKinds.byte;
    return token === `[PAD${id}]` ? tokenKinds.unused : tokenKinds.normal;
  });
  for (const { id, content, special } of added ?? []) {
    if (id >= kinds.length) continue;
    const kind = special ? tokenKinds.control : tokenKinds.userDefined;
    kinds[id] = content === model.unk_token ? tokenKinds.unknown : kind;
  }
  return kinds;
}

/** Whether a space is put before the text, by a normalizer or by Metaspace. */
function prependsSpace({ normalizer, pre_tokenizer: pre }: TokenizerJson): boolean {
  const scheme = stepOf(pre, 'Metaspace')?.['prepend_scheme'];
  return includesType(normalizer, 'Prepend') || scheme === 'first' || scheme === 'always';
}

const includesType = (value: unknown, type: string) => stepOf(value, type) !== undefined;

/** The step of that type in a normalizer or pre-tokenizer. */
function stepOf(value: unknown, type: string): Settings | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const step = value as Record<string, unknown>;
  if (step['type'] === type) return step;
  const inner = step['normalizers'] ?? step['pretokenizers'];
  return Array.isArray(inner) ? inner.map((each) => stepOf(each, type)).find(Boolean) : undefined;
}
