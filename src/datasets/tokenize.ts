/**
 * Texts → examples. Prompt and answer are tokenised once, as one text (METHODS §12), and divided where the tokens of
 * the prompt alone stop agreeing: a token that straddles the boundary counts to the answer.
 */
import { PareError } from '../lib/assert.ts';
import type { Example, Option } from './data.ts';
import type { Item } from './item.ts';
import { toPair, type Template } from './template.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { allTooLong, type LengthLimits } from './too-long.ts';

export interface TokenizedExamples {
  readonly examples: Example[];
  /** Items left out because they are longer than `maxLength`, of those that were looked at. */
  readonly tooLong: number;
}

/** Prompt and answer, with the end token where there is one. */
export function tokenizePair(tokenizer: TextTokenizer, prompt: string, answer: string): Example {
  return {
    ...divide(tokenizer.encode(prompt), closed(tokenizer, tokenizer.encode(prompt + answer))),
    prompt,
    answer,
  };
}

/** A question in a template. With `withOptions`, every option is tokenised as well. */
export function tokenizeItem(
  tokenizer: TextTokenizer,
  given: Item,
  { template, withOptions }: Pick<Asking, 'template' | 'withOptions'>,
): Example {
  const item = withOptions ? given : { ...given, options: null };
  return template === 'chat' ? chatExample(tokenizer, item) : pairExample(tokenizer, item, template);
}

/** How questions become examples. */
export interface Asking extends LengthLimits {
  readonly template: Template;
  /** The options of a choice as well. */
  readonly withOptions: boolean;
  /** Examples that are wanted; tokenizing thousands more takes minutes. All of them unless given. */
  readonly most?: number;
}

function pairExample(tokenizer: TextTokenizer, item: Item, template: Exclude<Template, 'chat'>): Example {
  const { prompt, answer, options, correct, check } = toPair(item, template);
  const alone = tokenizer.encode(prompt);
  const optionOf = (text: string): Option => ({
    ...divide(alone, tokenizer.encode(prompt + text)),
    prompt,
    answer: text,
    characters: text.trim().length,
  });
  const example = tokenizePair(tokenizer, prompt, answer);
  return { ...example, options: options && options.map(optionOf), correct, check };
}

/**
 * The conversation as the model's template writes it. The answer ends with the token that the template ends it with;
 * what follows that (a line break, mostly) is nobody's to say. Where the template does not continue its own prompt, the
 * answer is put behind that as it is.
 */
function chatExample(tokenizer: TextTokenizer, item: Item): Example {
  const chat = requireChat(tokenizer);
  const content = item.input === '' ? item.question.trim() : `${item.question.trim()}\n\n${item.input}`;
  const user = { role: 'user', content } as const;
  const prompt = chat.render([user], true);
  const alone = tokenizer.encodeSpelled(prompt);
  const spell = (answer: string) => {
    const spoken = chat.render([user, { role: 'assistant', content: answer }], false);
    const continued = spoken.startsWith(prompt) && spoken.startsWith(answer, prompt.length);
    return tokenizer.encodeSpelled(continued ? spoken : prompt + answer);
  };
  const answer = item.answer.trim();
  const ids = spell(answer);
  const { answerStart } = divide(alone, ids);
  const end = ids.findIndex((id, at) => at >= answerStart && tokenizer.isSpecial(id));
  const whole =
    end > answerStart ? ids.slice(0, end + 1) : closed(tokenizer, tokenizer.encodeSpelled(prompt + answer));
  const optionOf = (text: string): Option => ({
    ...divide(alone, tokenizer.encodeSpelled(prompt + text)),
    prompt,
    answer: text,
    characters: text.length,
  });
  const { options, correct, check } = item;
  const choices = options && options.map((option) => optionOf(option.trim()));
  return { ...divide(alone, whole), prompt, answer, options: choices, correct, check };
}

/** Where tokens stop agreeing with those of the prompt alone; one of them at least is the answer. */
function divide(alone: readonly number[], ids: number[]): Pick<Example, 'ids' | 'answerStart'> {
  let answerStart = 0;
  while (answerStart < alone.length && ids[answerStart] === alone[answerStart]) answerStart++;
  return { ids, answerStart: Math.max(1, Math.min(answerStart, ids.length - 1)) };
}

function closed({ endId }: TextTokenizer, ids: number[]): number[] {
  return endId === null || ids.at(-1) === endId ? ids : [...ids, endId];
}

function requireChat({ chat }: TextTokenizer) {
  if (chat) return chat;
  throw new PareError(
    'no-chat-template',
    'The model has no chat template in its tokenizer_config.json.',
    'Choose another prompt template, or add chat_template.jinja to the folder and open it again.',
  );
}

/** All items; those longer than `maxLength` tokens are left out and counted. Fails where none is left. */
export function tokenizeItems(
  tokenizer: TextTokenizer,
  items: readonly Item[],
  asking: Asking,
): TokenizedExamples {
  const { maxLength, most = Infinity, answerRoom } = asking;
  const lengthOf = (example: Example) =>
    answerRoom === undefined ? longest(example) : example.answerStart + answerRoom;
  const examples: Example[] = [];
  let tooLong = 0;
  const lengths: number[] = [];
  for (const item of items) {
    if (examples.length >= most) break;
    const example = tokenizeItem(tokenizer, item, asking);
    const length = lengthOf(example);
    lengths.push(length);
    if (length <= maxLength && example.ids.length > 1) examples.push(example);
    else tooLong++;
  }
  if (examples.length > 0) return { examples, tooLong };
  throw allTooLong(lengths, asking);
}

/** With whatever option is longest. */
const longest = ({ ids, options }: Example): number =>
  (options ?? []).reduce((most, option) => Math.max(most, option.ids.length), ids.length);

/**
 * The first `most` documents, each cut to its first `maxLength` tokens; every token but the first is predicted. Documents of
 * fewer than two tokens predict nothing and are dropped.
 */
export function tokenizeDocuments(
  tokenizer: TextTokenizer,
  documents: readonly string[],
  maxLength: number,
  most = Infinity,
): Example[] {
  const usable: Example[] = [];
  for (const text of documents) {
    if (usable.length >= most) break;
    const ids = tokenizer.encode(text).slice(0, maxLength);
    if (ids.length > 1) usable.push({ ids, answerStart: 1, prompt: '', answer: text });
  }
  if (usable.length > 0) return usable;
  throw new PareError('data-empty', 'No document has two tokens or more.', 'Use a file with running text.');
}
