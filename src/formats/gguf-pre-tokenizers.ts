/**
 * How byte-level BPE cuts text into words: GGUF has names for it, tokenizer.json has rules.
 * (ggml-org/llama.cpp, `src/llama-vocab.cpp`, llm_tokenizer_bpe; the expressions are those of the models' tokenizer.json.)
 */
import { PareError } from '../lib/assert.ts';

interface Rule {
  /** Values of `tokenizer.ggml.pre`; the first is what Pare writes. */
  readonly names: readonly string[];
  readonly preTokenizer: object;
  readonly normalizer: object | null;
  /** A word that is in the vocabulary is one token, whatever the merges. */
  readonly ignoreMerges: boolean;
  /** What holds where the file does not say whether BOS comes first. */
  readonly addBos: boolean;
}

const byteLevel = (regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: regex,
});

const split = (regex: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

/** Llama 3's expression; Qwen2's takes one digit at a time. */
const words = (digits: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const plain = { normalizer: null, ignoreMerges: false, addBos: false };

const rules: readonly Rule[] = [
  {
    ...plain,
    names: [
      'gpt-2',
      'phi-2',
      'olmo',
      'mpt',
      'jais',
      'jina-es',
      'jina-de',
      'gigachat',
      'roberta-bpe',
      'a.x-4.0',
    ],
    preTokenizer: byteLevel(true),
  },
  {
    ...plain,
    names: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone'],
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
    },
  },
  {
    ...plain,
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'pixtral'],
    preTokenizer: split(words(String.raw`\p{N}{1,3}`)),
    ignoreMerges: true,
    addBos: true,
  },
  {
    ...plain,
    names: ['dbrx', 'smaug-bpe', 'chatglm-bpe'],
    preTokenizer: split(words(String.raw`\p{N}{1,3}`)),
  },
  {
    ...plain,
    names: ['qwen2', 'stablelm2', 'hunyuan', 'deepseek-r1-qwen', 'kormo', 'megrez'],
    preTokenizer: split(words(String.raw`\p{N}`)),
    normalizer: { type: 'NFC' },
  },
];

export const preTokenizerOf = (name: string): Rule | undefined =>
  rules.find(({ names }) => names.includes(name));

/**
 * The name of what a tokenizer.json does, and what llama.cpp does otherwise under that name. Throws a PareError where the
 * pre-tokenizer is none.
 */
export function preTokenizerName(
  preTokenizer: unknown,
  ignoreMerges: boolean,
): { name: string; notes: string[] } {
  const wanted = essence(preTokenizer);
  const found = rules.filter((rule) => essence(rule.preTokenizer) === wanted);
  const rule = found.find((each) => each.ignoreMerges === ignoreMerges) ?? found[0];
  if (!rule)
    return {
      name: 'gpt-2',
      notes: [
        'GGUF has no name that Pare knows for the way in which the tokenizer cuts text into words; it is written as GPT-2’s, and may give other tokens.',
      ],
    };
  const [name] = rule.names as [string];
  if (rule.ignoreMerges === ignoreMerges) return { name, notes: [] };
  const does = ignoreMerges
    ? 'takes every word of its vocabulary as one token (ignore_merges), and llama.cpp merges its letters'
    : 'merges the letters of every word, and llama.cpp takes those of its vocabulary as one token';
  return { name, notes: [`The tokenizer ${does} (${name}): some words may become other tokens.`] };
}

/** What matters of a pre-tokenizer, as text: its steps and expressions, not how offsets are counted. */
function essence(preTokenizer: unknown): string {
  const steps = (value: unknown): unknown[] => {
    const step = (value ?? {}) as Record<string, unknown>;
    if (step['type'] === 'Sequence') {
      const { pretokenizers } = step;
      if (Array.isArray(pretokenizers)) return pretokenizers.flatMap(steps);
      throw new PareError(
        'tokenizer-unsupported',
        'tokenizer.json: a Sequence in pre_tokenizer has no list "pretokenizers".',
        'Save the tokenizer again with transformers.',
      );
    }
    const pattern = step['pattern'] as Record<string, unknown> | undefined;
    return [
      [
        step['type'] ?? null,
        step['type'] === 'ByteLevel' ? (step['use_regex'] ?? true) : null,
        step['add_prefix_space'] === true,
        step['individual_digits'] ?? null,
        pattern?.['Regex'] ?? pattern?.['String'] ?? null,
        step['behavior'] ?? null,
        step['invert'] === true,
      ],
    ];
  };
  return JSON.stringify(steps(preTokenizer));
}
