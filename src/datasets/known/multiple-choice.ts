/**
 * Multiple choice as the Hugging Face hub has it. Prompts and answers as in lm-evaluation-harness (tasks `arc`,
 * `openbookqa`, `mmlu`, `hellaswag`): the option's text follows the question; of MMLU, its letter follows the list.
 */
import { cellOf, listOf, mostLoose, recordOf } from '../cells.ts';
import { letters, listed } from '../item.ts';
import { CellProblem, firstOf, type Cells, type Fields, type KnownDataset } from './dataset.ts';

const questions = ['question', 'question_stem'];

/** ARC, OpenBookQA, CommonsenseQA: `choices` is `{ text: […], label: […] }`. */
const labelled: KnownDataset = {
  title: 'ARC, OpenBookQA (multiple choice)',
  prompt: questions,
  answer: ['answerkey'],
  further: ['choices'],
  fits: (cells) => isChoices(cells('choices')),
  read: (cells) => {
    const { texts, labels } = labelledChoices(cells('choices'));
    const correct = labels.indexOf(cells('answerkey'));
    if (correct === -1) throw new CellProblem('answerkey', `it is none of ${labels.join(', ')}`);
    const fields = byText(firstOf(cells, questions), texts, correct, labels);
    // OpenBookQA's is the beginning of a sentence, which the option ends.
    return cells('question') === '' ? { ...fields, prompt: cells('question_stem') } : fields;
  },
};

/** MMLU: four options, and the place (or letter) of the right one. */
const mmlu: KnownDataset = {
  title: 'MMLU (multiple choice)',
  prompt: ['question'],
  answer: ['answer', 'label'],
  further: ['choices'],
  fits: (cells) => isChoices(cells('choices')),
  read: (cells) => {
    const options = listOf(cells('choices')) ?? labelledChoices(cells('choices')).texts;
    const correct = placeOf(cells, ['answer', 'label'], requireOptions('choices', options));
    const labels = letters.slice(0, options.length);
    const subject = cells('subject').replaceAll('_', ' ');
    const head =
      subject && `The following are multiple choice questions (with answers) about ${subject}.\n\n`;
    const question = `${cells('question')}\n${listed(options)}`;
    return {
      question,
      prompt: `${head}${question}\nAnswer:`,
      answer: labels[correct]!,
      options: labels,
      correct,
      check: { kind: 'word', gold: labels[correct]!, words: labels },
    };
  },
};

/** HellaSwag: four endings of a story. The clean-up is the harness's. */
const hellaswag: KnownDataset = {
  title: 'HellaSwag (multiple choice)',
  prompt: ['ctx'],
  answer: ['label'],
  further: ['endings'],
  fits: (cells) => listOf(cells('endings')) !== null,
  read: (cells) => {
    const endings = requireOptions('endings', (listOf(cells('endings')) ?? []).map(cleaned));
    const correct = placeOf(cells, ['label'], endings);
    const [a, b] = [cells('ctx_a'), cells('ctx_b')];
    const story = a === '' ? cells('ctx') : `${a} ${b.slice(0, 1).toUpperCase()}${b.slice(1).toLowerCase()}`;
    const label = cells('activity_label');
    return byText(cleaned(label ? `${label}: ${story}` : story), endings, correct, null);
  },
};

export const multipleChoice: readonly KnownDataset[] = [labelled, mmlu, hellaswag];

const isChoices = (cell: string): boolean => listOf(cell) !== null || recordOf(cell) !== null;

function byText(
  question: string,
  options: readonly string[],
  correct: number,
  labels: readonly string[] | null,
): Fields {
  return {
    question: labels ? `${question}\n${listed(options, labels)}` : question,
    prompt: labels ? `Question: ${question}\nAnswer:` : question,
    answer: options[correct]!,
    options,
    correct,
    check: { kind: 'word', gold: options[correct]!, words: options },
  };
}

/** `{ text: […], label: […] }`, or `[{ text, label }, …]`. */
function labelledChoices(cell: string): { texts: string[]; labels: string[] } {
  const record = recordOf(cell);
  const rows = record ? null : listOf(cell)?.map(recordOf);
  const texts = record ? textsOf(record['text']) : (rows?.map((row) => cellOf(row?.['text'])) ?? []);
  const labels = record ? textsOf(record['label']) : (rows?.map((row) => cellOf(row?.['label'])) ?? []);
  requireOptions('choices', texts);
  if (labels.length !== texts.length) throw new CellProblem('choices', 'texts and labels are not as many');
  return { texts, labels };
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(cellOf) : []);

const mostOptions = 32;

function requireOptions(column: string, options: readonly string[]): readonly string[] {
  if (options.length >= 2 && options.length <= mostOptions && options.every((text) => text.trim() !== ''))
    return options;
  throw new CellProblem(column, `it is no list of 2 to ${mostOptions} options`);
}

/** From 0, or a letter. */
function placeOf(cells: Cells, columns: readonly string[], options: readonly string[]): number {
  const cell = firstOf(cells, columns);
  const place = /^\d+$/.test(cell) ? Number(cell) : letters.indexOf(cell.toUpperCase());
  if (place >= 0 && place < options.length) return place;
  const column = columns.find((name) => cells(name) !== '') ?? columns[0]!;
  throw new CellProblem(column, `it is no place from 0 to ${options.length - 1}, and no letter of one`);
}

function cleaned(text: string): string {
  if (text.length > mostLoose) return text.trim();
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/g, '')
    .replaceAll('  ', ' ');
}
