import { tokenizeItem } from '../datasets/tokenize.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import type { Recipe } from '../session/recipe.ts';
import { requireTokenizer, type LoadedData } from './loaded-data.ts';
import type { LoadedModel } from './model.ts';

/** One token, as the model is given it. */
export interface PreviewToken {
  id: number;
  /** What it says at its place; special tokens spelled out. */
  text: string;
  special: boolean;
}

/** One example as the model will see it. */
export interface TokenPreview {
  /** The first so many of them. */
  tokens: PreviewToken[];
  /** All there are. */
  length: number;
  /** Tokens from here on are the answer: what is scored, or what the model writes. */
  answerStart: number;
  /** Tokens from here on are what training learns from. */
  lossStart: number;
  /** Longer than the recipe allows: an example is then not used, a text ends at the limit. */
  fate: 'used' | 'left-out' | 'cut';
  /** The options of a choice, as text, and which is right; empty where there are none. */
  options: { text: string; right: boolean }[];
}

const examples = 3;
const mostTokens = 400;

/** The first examples, in the recipe's template and with the model's tokenizer. */
export function previewTokens(
  { content }: LoadedData,
  { tokenizer, config }: Pick<LoadedModel, 'tokenizer' | 'config'>,
  recipe: Recipe,
): TokenPreview[] {
  const known = requireTokenizer(tokenizer);
  const maxLength = Math.min(recipe.maxLength, config.maxPositions);
  if (content?.kind === 'documents') {
    return content.documents.slice(0, examples).map((text) => {
      const ids = known.encode(text);
      const fate = ids.length > maxLength ? 'cut' : 'used';
      return { ...described(known, ids.slice(0, maxLength), 1, 1), length: ids.length, fate, options: [] };
    });
  }
  const asking = { template: recipe.template, withOptions: recipe.task === 'choice' };
  return (content?.items ?? []).slice(0, examples).map((item) => {
    const { ids, answerStart, options, correct } = tokenizeItem(known, item, asking);
    const longest = Math.max(ids.length, ...(options ?? []).map((option) => option.ids.length));
    return {
      ...described(known, ids, answerStart, recipe.training.loss === 'all' ? 1 : answerStart),
      fate: longest > maxLength ? 'left-out' : 'used',
      options: (options ?? []).map(({ answer }, i) => ({ text: answer.trim(), right: i === correct })),
    };
  });
}

function described(tokenizer: TextTokenizer, ids: readonly number[], answerStart: number, lossStart: number) {
  const shown = ids.slice(0, mostTokens);
  const pieces = tokenizer.pieces(shown);
  const tokens = shown.map((id, i) => ({ id, text: pieces[i]!, special: tokenizer.isSpecial(id) }));
  return { tokens, length: ids.length, answerStart, lossStart };
}
