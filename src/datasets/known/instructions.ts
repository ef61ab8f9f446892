/**
 * Files of instructions: Alpaca's, and those that LLM-Adapters (LoNAS, Shears, SQFT) train on: boolq, piqa, siqa,
 * hellaswag, winogrande, ARC and OpenBookQA ("Answer format: answer1/answer2"), and the math files, whose `output` is a
 * way of solving and whose `answer` is what is scored. Source: AGI-Edgerunners/LLM-Adapters, `commonsense_evaluate.py`
 * and `evaluate.py`.
 */
import { alpacaPrompt, checkOf, type AnswerCheck } from '../item.ts';
import type { Cells, KnownDataset } from './dataset.ts';

const outputs = ['output', 'answer', 'response'];

const base = (cells: Cells) => {
  const [question, input] = [cells('instruction'), cells('input')];
  return { question, input, prompt: alpacaPrompt(question, input) };
};

/** The words that an instruction offers, as in `Answer format: true/false`. */
function offered(instruction: string): string[] {
  const [, words = ''] = /Answer format:\s*(\S+)\s*$/.exec(instruction) ?? [];
  return words.split('/').filter(Boolean);
}

const commonsense: KnownDataset = {
  title: 'LLM-Adapters, commonsense',
  prompt: ['instruction'],
  answer: outputs,
  fits: (cells) => offered(cells('instruction')).length > 1,
  read: (cells) => {
    const words = offered(cells('instruction'));
    const { answer } = cells;
    const gold = cells('answer') || (words.find((word) => answer.includes(word)) ?? answer);
    const correct = words.indexOf(gold);
    const check: AnswerCheck = { kind: 'word', gold, words };
    // The options say what the right answer says, each with its own word.
    const options = correct === -1 ? null : words.map((word) => answer.replace(gold, word));
    return { ...base(cells), answer, options, correct: Math.max(0, correct), check };
  },
};

const math: KnownDataset = {
  title: 'LLM-Adapters, math',
  prompt: ['instruction'],
  answer: outputs,
  further: ['answer'],
  fits: (cells) => /^[A-E]$/.test(cells('answer')) || checkOf(cells('answer')).kind === 'number',
  read: (cells) => {
    const gold = cells('answer');
    const isLetter = /^[A-E]$/.test(gold);
    const check: AnswerCheck = isLetter ? { kind: 'word', gold, words: [...'ABCDE'] } : checkOf(gold);
    return { ...base(cells), answer: cells.answer, check };
  },
};

const alpaca: KnownDataset = {
  title: 'Instructions',
  prompt: ['instruction'],
  answer: outputs,
  read: (cells) => {
    const { answer } = cells;
    return { ...base(cells), answer, check: checkOf(answer) };
  },
};

export const instructions: readonly KnownDataset[] = [commonsense, math, alpaca];
