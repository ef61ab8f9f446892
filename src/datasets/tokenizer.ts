/** A model's tokenizer: text ↔ ids that the model's embedding has. */
import { Tokenizer } from '@huggingface/tokenizers';
import { addsBosItself } from '../formats/beginning-token.ts';
import { PareError } from '../lib/assert.ts';
import { openChatTemplate, tokenText, type ChatTemplate } from './chat-template.ts';

/** What must be known of the model (a ModelConfig will do). */
export interface TokenizerModel {
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
}

export interface TextTokenizer {
  /** What comes before every text: the tokenizer's own special tokens, or else the model's BOS. */
  readonly prefix: readonly number[];
  /** The token that ends an answer, or null where neither model nor tokenizer has one. */
  readonly endId: number | null;
  /** Tokens at which generation stops. */
  readonly endIds: readonly number[];
  /** The model's own way of asking; null where it has none, or was not looked for. */
  readonly chat: ChatTemplate | null;
  /** `prefix` and the text's tokens. Nothing is appended. */
  encode(text: string): number[];
  /** A text that spells out its special tokens, BOS among them: nothing is put before it. */
  encodeSpelled(text: string): number[];
  /** Text of some ids, special tokens left out. */
  decode(ids: readonly number[]): string;
  /** Text of each id, as it is at that place; special tokens spelled out. */
  pieces(ids: readonly number[]): string[];
  isSpecial(id: number): boolean;
}

/** `createTokenizer`, with the chat template that tokenizer_config.json may hold. */
export async function openTokenizer(
  ...[json, config, model]: Parameters<typeof createTokenizer>
): Promise<TextTokenizer> {
  return { ...createTokenizer(json, config, model), chat: await openChatTemplate(config ?? {}) };
}

/**
 * `tokenizerJson` and `tokenizerConfig` as in the model's folder. BOS is put in front where the tokenizer adds nothing
 * there, the model has one, and transformers' tokenizer would put it there (`addsBosItself`).
 */
export function createTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: Readonly<Record<string, unknown>> | null | undefined,
  model: TokenizerModel,
): TextTokenizer {
  const tokenizer = build(tokenizerJson, tokenizerConfig ?? {});
  const plain = (text: string) =>
    known(
      using(() => tokenizer.encode(text, { add_special_tokens: false }).ids),
      text,
      model,
    );
  const prefix = prefixOf(tokenizer, addsBosItself(tokenizerJson, tokenizerConfig), model);
  const endIds = endIdsOf(tokenizer, tokenizerConfig ?? {}, model);
  const special = using(() => specialIds(tokenizer));
  return {
    prefix,
    endId: endIds[0] ?? null,
    endIds,
    chat: null,
    encode: (text) => [...prefix, ...plain(text)],
    encodeSpelled: plain,
    decode: (ids) =>
      ids.length === 0 ? '' : using(() => tokenizer.decode([...ids], decodeOptions(tokenizerConfig ?? {}))),
    pieces: (ids) => using(() => piecesOf(tokenizer, ids)),
    isSpecial: (id) => special.has(id),
  };
}

/** Tokens that a decoder looks back on: enough for a character in several of them. */
const lookBack = 4;

function piecesOf(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const textOf = (from: number, to: number) =>
    from === to ? '' : tokenizer.decode(ids.slice(from, to), { skip_special_tokens: false });
  return ids.map((id, i) => {
    const from = Math.max(0, i - lookBack);
    const [before, after] = [textOf(from, i), textOf(from, i + 1)];
    // A character that is not whole yet reads otherwise once it is.
    return after.startsWith(before) ? after.slice(before.length) : (tokenizer.id_to_token(id) ?? '');
  });
}

function specialIds(tokenizer: Tokenizer): Set<number> {
  const added = [...tokenizer.get_added_tokens_decoder()];
  return new Set(added.filter(([, token]) => token.special).map(([id]) => id));
}

type TokenizerConfig = Readonly<Record<string, unknown>>;

function build(json: unknown, config: TokenizerConfig): Tokenizer {
  if (json === undefined || json === null) {
    throw new PareError(
      'tokenizer-missing',
      'The model has no tokenizer.json.',
      "Add the model's tokenizer.json to its folder, and open the folder again.",
    );
  }
  return using(() => new Tokenizer(json, config));
}

/** The library trusts its file, and finds only in use that a part of it is not what it should be. */
function using<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PareError(
      'tokenizer-invalid',
      `tokenizer.json could not be used: ${reason.slice(0, 300)}`,
      'Save it again with a current version of transformers (tokenizer.save_pretrained).',
    );
  }
}

/** The special tokens that the tokenizer's own post-processor puts before a text, else BOS where transformers has it. */
function prefixOf(tokenizer: Tokenizer, addsBos: boolean, model: TokenizerModel): number[] {
  const sample = 'a';
  const plain = using(() => tokenizer.encode(sample, { add_special_tokens: false }).ids);
  const full = using(() => tokenizer.encode(sample).ids);
  const added = full.length - plain.length;
  const start = Array.from({ length: added + 1 }, (_, i) => i).find((i) =>
    plain.every((id, k) => full[i + k] === id),
  );
  const own = full.slice(0, start ?? 0);
  if (own.length > 0) return known(own, 'its special tokens', model);
  if (model.bosTokenId === null || !addsBos) return [];
  return known([model.bosTokenId], 'bos_token_id', model);
}

/** The model's end tokens, else the tokenizer's. */
function endIdsOf(tokenizer: Tokenizer, config: TokenizerConfig, model: TokenizerModel): number[] {
  const own = using(() => tokenizer.token_to_id(tokenText(config['eos_token'])));
  const ids = model.eosTokenIds.length > 0 || own === undefined ? model.eosTokenIds : [own];
  return known(ids, 'eos_token_id', model);
}

/** Ids that the embedding has; anything else means that the tokenizer is another model's. */
function known(ids: readonly (number | undefined)[], text: string, model: TokenizerModel): number[] {
  for (const id of ids) {
    if (id !== undefined && Number.isInteger(id) && id >= 0 && id < model.vocabSize) continue;
    const shown = JSON.stringify(text.slice(0, 60));
    const found = id === undefined ? `no token for a part of ${shown}` : `token ${id} for ${shown}`;
    throw new PareError(
      'tokenizer-mismatch',
      `The tokenizer does not match the model: it gives ${found}, but the model has ${model.vocabSize} tokens.`,
      'Use the tokenizer.json that belongs to these weights.',
      { id, vocabSize: model.vocabSize },
    );
  }
  return ids as number[];
}

function decodeOptions(config: TokenizerConfig): {
  skip_special_tokens: boolean;
  clean_up_tokenization_spaces: boolean;
} {
  return {
    skip_special_tokens: true,
    clean_up_tokenization_spaces: config['clean_up_tokenization_spaces'] === true,
  };
}
