import { Generator } from '../evaluation/generate.ts';
import { PareError } from '../lib/assert.ts';
import type { Runnable } from '../models/runnable.ts';
import type { LoadedModel } from './model.ts';

type Tokenizer = NonNullable<LoadedModel['tokenizer']>;

/** Greedy answer to a prompt; `onText` is given all of it so far. */
export async function answer(
  model: Runnable,
  tokenizer: Tokenizer,
  prompt: string,
  maxTokens: number,
  onText: (text: string) => void,
  cancelled: () => boolean,
) {
  const ids = tokenizer.encode(prompt);
  const room = model.config.maxPositions - ids.length;
  if (ids.length === 0 || room <= 0)
    throw new PareError(
      'prompt-length',
      `The prompt has ${ids.length} tokens; the model takes 1 to ${model.config.maxPositions - 1}.`,
      'Change the prompt.',
    );
  const began = performance.now();
  const generator = await Generator.create(model, ids.length + Math.min(room, maxTokens));
  try {
    const made: number[] = [];
    for await (const token of generator.generate(ids, Math.min(room, maxTokens), tokenizer.endIds)) {
      made.push(token);
      onText(tokenizer.decode(made));
      if (cancelled()) break;
    }
    return { text: tokenizer.decode(made), tokens: made.length, seconds: (performance.now() - began) / 1000 };
  } finally {
    generator.dispose();
  }
}
