/** Word problems with a number, or a letter, as the answer. */
import { listOf, mostLoose } from '../cells.ts';
import { checkOf, letters, type Item } from '../item.ts';
import { CellProblem, type Fields, type KnownDataset } from './dataset.ts';

/** openai/grade-school-math. Its calculator annotations (`<<16-3=13>>`) are kept: they are part of the published answer. */
export const gsm8k: KnownDataset = {
  title: 'GSM8K',
  prompt: ['question'],
  answer: ['answer'],
  fits: (cells) => checkOf(cells('answer')).kind === 'gsm8k',
  read: (cells) => {
    const [question, { answer }] = [cells('question'), cells];
    return { question, prompt: question, answer, check: checkOf(answer) };
  },
};

/** arkilpatel/SVAMP: a story (often without its full stop) and the question about it. */
export const svamp: KnownDataset = {
  title: 'SVAMP',
  prompt: ['question'],
  answer: ['answer'],
  further: ['body'],
  read: (cells) => numeric(joinSentences(cells('body'), cells('question')), cells.answer),
};

/** sroy9/mawps: as published, as others pass it on, and with placeholders for its numbers. */
export const mawps: readonly KnownDataset[] = [
  {
    title: 'MAWPS',
    prompt: ['original_text'],
    answer: ['ans'],
    read: (cells) => numeric(cells('original_text'), cells.answer),
  },
  {
    title: 'MAWPS',
    prompt: ['squestion'],
    answer: ['lsolutions'],
    read: (cells) => numeric(cells('squestion'), (listOf(cells('lsolutions')) ?? [])[0] ?? ''),
  },
  {
    title: 'MAWPS',
    prompt: ['question'],
    answer: ['answer'],
    further: ['numbers', 'equation'],
    read: (cells) => {
      const numbers = cells('numbers').split(/\s+/);
      const question = cells('question').replaceAll(/\bN_(\d+)\b/gi, (name, index: string) => {
        const number = numbers[Number(index)];
        if (number) return number;
        throw new CellProblem('numbers', `it has no number for ${name}`);
      });
      return numeric(question, cells.answer);
    },
  },
];

/** google-deepmind/AQuA: the letter is the answer; the rationale is left out. The prompt lists options as LLM-Adapters does. */
export const aqua: KnownDataset = {
  title: 'AQuA',
  prompt: ['question'],
  answer: ['correct'],
  further: ['options'],
  read: (cells) => {
    const options = aquaOptions(cells('options'));
    const labels = letters.slice(0, options.length);
    const gold = cells('correct').toUpperCase();
    const correct = labels.indexOf(gold);
    if (correct === -1) throw new CellProblem('correct', `it is none of ${labels.join(', ')}`);
    const choices = options.map((option, i) => `(${labels[i]}) ${option}`).join(' ');
    const question = `${cells('question')} Answer Choices: ${choices}`;
    const check: Item['check'] = { kind: 'word', gold, words: labels };
    return { question, prompt: `${question}\nThe answer is`, answer: gold, options: labels, correct, check };
  },
};

function numeric(question: string, answer: string): Fields {
  return { question, prompt: question, answer, check: checkOf(answer) };
}

/** `["A)21", …]`, or `A)21 B)21.5 …` in one text. */
function aquaOptions(cell: string): string[] {
  const loose = cell.length > mostLoose ? [] : cell.split(/\s*\(?(?=\b[A-J]\s*\))/);
  const parts = listOf(cell) ?? loose;
  const options = parts.map((part) => part.replace(/^[\s(]*[A-J]\s*[).:]\s*/, '').trim()).filter(Boolean);
  if (options.length >= 2 && options.length <= letters.length) return options;
  throw new CellProblem('options', 'it is no list of two to ten options');
}

/** A story and the question about it. */
export function joinSentences(body: string, question: string): string {
  if (body === '') return question;
  return /[.?!]$/.test(body) ? `${body} ${question}` : `${body}. ${question}`;
}
