/** A question and its answer as the text that a model reads. */
import type { Pair } from './data.ts';
import { alpacaPrompt, type Item } from './item.ts';

/**
 * `auto`: the prompt that the data set was published with. `alpaca`: LLM-Adapters'. `plain`: the question and nothing
 * else. `chat`: the model's own chat template, which works on tokens (see chat-template.ts).
 */
export const templates = ['auto', 'alpaca', 'plain', 'chat'] as const;
export type Template = (typeof templates)[number];

/** What every template but the model's own makes of a question. */
export function toPair(item: Item, template: Exclude<Template, 'chat'>): Pair {
  const prompt = promptOf(item, template);
  const { line, check, correct } = item;
  const options = item.options && item.options.map((option) => joined(prompt, option));
  return { prompt, answer: joined(prompt, item.answer), options, correct, check, line };
}

function promptOf({ question, input, prompt }: Item, template: Exclude<Template, 'chat'>): string {
  if (template === 'alpaca') return alpacaPrompt(question.trim(), input);
  if (template === 'plain') return input === '' ? question.trim() : `${question.trim()}\n${input}`;
  return prompt;
}

/** A blank goes between prompt and answer, as part of the answer, unless either brings white space of its own. */
function joined(prompt: string, answer: string): string {
  const separated = /\s$/.test(prompt) || /^\s/.test(answer);
  return (separated ? '' : ' ') + answer.trimEnd();
}
