/**
 * The answer in what a model has written, and whether it is right, as those who published each data set extract it:
 * openai/grade-school-math `####`, LLM-Adapters `evaluate.py` (numbers, letters) and `commonsense_evaluate.py` (words).
 *
 * Of GSM8K, an answer without `####` counts by its last number, as in `evaluate.py`, which LoNAS, Shears and SQFT report with;
 * openai's own extraction takes it for wrong. A model that was not trained on the mark is so scored by what it found.
 */
import type { AnswerCheck } from './item.ts';

/** As in `evaluate.py`: numbers that differ by no more are the same. */
const tolerance = 0.001;

export function isRight(check: AnswerCheck, written: string): boolean {
  switch (check.kind) {
    case 'text':
      return written.trim() === check.gold;
    case 'number':
      return sameNumber(lastNumber(written), check.gold);
    case 'gsm8k':
      return sameNumber(markedNumber(written) ?? lastNumber(written), check.gold);
    case 'word':
      return firstWord(written, check.words) === check.gold;
    default:
      return check satisfies never;
  }
}

function lastNumber(text: string): number | null {
  const found = text
    .replaceAll(',', '')
    .match(/-?\d+\.?\d*/g)
    ?.at(-1);
  return found === undefined ? null : Number(found);
}

function markedNumber(text: string): number | null {
  const found = /####\s*\$?(-?[\d.,]+)/.exec(text)?.[1];
  // A lone full stop or comma is no number, and not 0.
  const value = Number(found?.replaceAll(',', '').replace(/\.$/, '') || Number.NaN);
  return Number.isNaN(value) ? null : value;
}

function sameNumber(found: number | null, gold: string): boolean {
  return found !== null && Math.abs(found - Number(gold.replaceAll(/[$,]/g, ''))) <= tolerance;
}

/** The word that occurs first; where several begin at one place, the longest of them. */
function firstWord(text: string, words: readonly string[]): string | null {
  let best: { word: string; at: number } | null = null;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at === -1 || (best && (at > best.at || (at === best.at && word.length < best.word.length)))) continue;
    best = { word, at };
  }
  return best?.word ?? null;
}
