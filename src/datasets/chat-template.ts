/**
 * The model's own chat template: a Jinja program out of its tokenizer_config.json, and so from a stranger. It is run with
 * bounds on its steps, its time, what it writes and what a single step makes. It is told no date: the same question is always the same prompt.
 */
import { PareError } from '../lib/assert.ts';
import { boundedInterpreter } from './bounded-jinja.ts';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface ChatTemplate {
  /** The conversation as one text, special tokens spelled out. `open`: with the beginning of the answer to come. */
  render(messages: readonly Message[], open: boolean): string;
}

const mostTemplate = 2 ** 18;
/** Characters that a value may have beyond the conversation's own. */
const mostText = 2 ** 16;
const mostRange = 10_000;

/**
 * The template of a tokenizer_config.json; null where it has none. One that is no template is reported when it is first
 * used, so that the model opens all the same.
 */
export async function openChatTemplate(
  config: Readonly<Record<string, unknown>>,
): Promise<ChatTemplate | null> {
  const source = templateOf(config['chat_template']);
  if (source === null) return null;
  const renderer = await rendererOf(source, specialTokens(config)).catch((error: unknown) => unusable(error));
  return renderer instanceof PareError ? { render: () => fail(renderer) } : renderer;
}

/** One template, or of several named ones that for conversations. */
function templateOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return null;
  const named = value.filter(
    (entry: unknown): entry is { name: unknown; template: string } =>
      typeof entry === 'object' &&
      entry !== null &&
      'template' in entry &&
      typeof entry.template === 'string',
  );
  return (named.find(({ name }) => name === 'default') ?? named[0])?.template ?? null;
}

/** `bos_token` and the others, given as a text or as an object with `content`. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const names = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token'];
  return Object.fromEntries(names.map((name) => [name, tokenText(config[name])]));
}

export function tokenText(token: unknown): string {
  const text = typeof token === 'object' && token !== null && 'content' in token ? token.content : token;
  return typeof text === 'string' ? text : '';
}

async function rendererOf(source: string, special: Record<string, string>): Promise<ChatTemplate> {
  if (source.length > mostTemplate) throw new Error(`it has ${source.length} characters`);
  // Few models have one, and fewer runs use it.
  const jinja = await import('@huggingface/jinja');
  const program = jinja.parse(jinja.tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  const Bounded = boundedInterpreter(jinja.Interpreter);
  return {
    render(messages, open) {
      const environment = new jinja.Environment();
      const context = { ...globals, ...special, messages, add_generation_prompt: open };
      for (const [name, value] of Object.entries(context)) environment.set(name, value);
      const said = messages.reduce((sum, { content }) => sum + content.length, 0);
      try {
        const text: unknown = new Bounded(environment, mostText + 4 * said).run(program).value;
        if (typeof text !== 'string') throw new Error('it writes no text');
        return text;
      } catch (error) {
        throw unusable(error);
      }
    },
  };
}

const globals = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  tools: null,
  range(...given: unknown[]) {
    const [first = 0, second = null, step = 1] = given.filter((value) => typeof value === 'number');
    const [start, stop] = second === null ? [0, first] : [first, second];
    const count = step === 0 ? 0 : Math.max(0, Math.ceil((stop - start) / step));
    if (count > mostRange) throw new Error(`it counts to ${count}`);
    return Array.from({ length: count }, (_, i) => start + i * step);
  },
  raise_exception(message: unknown) {
    throw new Error(String(message));
  },
};

function unusable(cause: unknown): PareError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PareError(
    'chat-template',
    `The model's chat template could not be used: ${reason.slice(0, 300)}.`,
    'Choose another prompt template, or correct chat_template in tokenizer_config.json.',
  );
}

function fail(error: PareError): never {
  throw error;
}
