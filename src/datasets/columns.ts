/** Finds the question and the answer among a table's columns. */
import { PareError } from '../lib/assert.ts';
import type { Documents, Table } from './data.ts';
import { dataProblem } from './errors.ts';
import { checkOf, alpacaPrompt, type Item } from './item.ts';
import { CellProblem, type Cells, type Fields, type KnownDataset } from './known/dataset.ts';
import { instructions } from './known/instructions.ts';
import { multipleChoice } from './known/multiple-choice.ts';
import { aqua, gsm8k, joinSentences, mawps, svamp } from './known/word-problems.ts';

/** Which columns are asked and answered. Columns that belong to the prompt (`input`, `Body`) come along by themselves. */
export interface ColumnChoice {
  readonly prompt: string;
  readonly answer: string;
}

/** A data set that is known by its columns, with the names that they have in this table. */
export interface Recognised extends ColumnChoice {
  /** null: a pair of columns, and nothing more. */
  readonly title: string | null;
}

/** Data sets in the order in which they are tried: those with more columns of their own first. */
const knownDatasets: readonly KnownDataset[] = [
  ...instructions,
  ...multipleChoice,
  aqua,
  svamp,
  ...mawps,
  gsm8k,
];

/** Other known pairs of columns, in lower case; the first that a table has is used. */
const knownPairs: readonly ColumnChoice[] = [
  { prompt: 'question', answer: 'answer' },
  { prompt: 'prompt', answer: 'completion' },
  { prompt: 'prompt', answer: 'answer' },
  { prompt: 'prompt', answer: 'response' },
  { prompt: 'input', answer: 'output' },
];

/** The columns of a table that are known by their names, or null. An answer column that is empty throughout is passed over. */
export function recogniseColumns(table: Table): Recognised | null {
  const known = findKnown(table);
  if (known) return { ...known.columns, title: known.dataset.title };
  for (const { prompt, answer } of knownPairs) {
    const found = columnsOf(table, [prompt], [answer]);
    if (found) return { ...found, title: null };
  }
  return null;
}

/** A table whose only known column is `text` is running text; null otherwise. */
export function documentsOf(table: Table): Documents | null {
  return recogniseColumns(table) ? null : textColumn(table);
}

/** The column `text` as running text, whatever else there is; null: there is none. */
export function textColumn(table: Table): Documents | null {
  const at = table.columns.findIndex((column) => column.toLowerCase() === 'text');
  if (at === -1) return null;
  return {
    kind: 'documents',
    documents: table.rows.map((row) => (row[at] ?? '').trim()).filter((text) => text !== ''),
  };
}

/** As the data set that is known by its columns was published, or as a plain pair of columns. */
export type Reading = 'published' | 'pair';

/**
 * Every row as question and answer. Without a choice, or with the columns that would be recognised anyway, a known data
 * set is read as it was published, unless a plain pair is asked for. `file` names the table in errors.
 */
export function toItems(
  table: Table,
  file: string,
  choice?: ColumnChoice,
  reading: Reading = 'published',
): Item[] {
  const columns = choice ?? recogniseColumns(table);
  if (!columns) throw unknownColumns(table, file);
  const known = reading === 'pair' ? null : findKnown(table);
  const isKnown = known?.columns.prompt === columns.prompt && known.columns.answer === columns.answer;
  const read = isKnown ? known.dataset.read : pairReader(table, columns, file);
  const cellsOf = cellReader(table, columns.answer);
  return table.rows.map((row, i) => {
    const line = table.lines[i] ?? 1;
    const problem = (column: string, text: string, remedy: string) =>
      dataProblem(file, line, `the column "${column}" ${text}`, remedy, table.unit);
    try {
      const item = { input: '', options: null, correct: 0, ...read(cellsOf(row), row), line };
      const empty = item.question.trim() === '' ? columns.prompt : columns.answer;
      if (item.question.trim() === '' || item.answer.trim() === '')
        throw problem(empty, 'is empty', 'Fill it in, or delete the row.');
      return item;
    } catch (error) {
      if (!(error instanceof CellProblem)) throw error;
      throw problem(error.column, `cannot be used: ${error.message}`, 'Correct it, or delete the row.');
    }
  });
}

/** A data set whose columns the table has, and whose kind its first filled row is. */
function findKnown(table: Table): { dataset: KnownDataset; columns: ColumnChoice } | null {
  const names = new Set(table.columns.map((column) => column.toLowerCase()));
  for (const dataset of knownDatasets) {
    const { prompt, answer, further = [], fits } = dataset;
    if (!further.every((column) => names.has(column))) continue;
    const columns = columnsOf(table, prompt, answer);
    if (columns && (!fits || table.rows.slice(0, 1).map(cellReader(table, columns.answer)).every(fits)))
      return { dataset, columns };
  }
  return null;
}

/** The first column of each list that the table has; of answers, the first that is not empty throughout. */
function columnsOf(
  table: Table,
  prompts: readonly string[],
  answers: readonly string[],
): ColumnChoice | null {
  const named = new Map(table.columns.map((column) => [column.toLowerCase(), column]));
  const prompt = prompts.map((name) => named.get(name)).find((column) => column !== undefined);
  const answer = answers
    .map((name) => named.get(name))
    .find((column) => column !== undefined && isFilled(table, column));
  return prompt !== undefined && answer !== undefined ? { prompt, answer } : null;
}

function isFilled(table: Table, column: string): boolean {
  const at = table.columns.indexOf(column);
  return table.rows.some((row) => (row[at] ?? '').trim() !== '');
}

type CellReader = (row: readonly string[]) => Cells;

function cellReader(table: Table, answer: string): CellReader {
  const places = new Map(table.columns.map((column, at) => [column.toLowerCase(), at]));
  const answerAt = table.columns.indexOf(answer);
  return (row) => {
    const cell = (column: string) => (row[places.get(column) ?? -1] ?? '').trim();
    return Object.assign(cell, { answer: row[answerAt] ?? '' });
  };
}

/** Any two columns. What is known of the prompt's name still holds: an instruction has an input, a question a story. */
function pairReader(
  table: Table,
  choice: ColumnChoice,
  file: string,
): (cells: Cells, row: readonly string[]) => Fields {
  const promptAt = columnIndex(table, choice.prompt, file);
  columnIndex(table, choice.answer, file);
  const kind = choice.prompt.toLowerCase();
  return (cells, row) => {
    const raw = row[promptAt] ?? '';
    const asked = raw.trim();
    const { answer } = cells;
    const check = checkOf(answer);
    if (kind === 'instruction') {
      const input = cells('input');
      return { question: asked, input, prompt: alpacaPrompt(asked, input), answer, check };
    }
    const question = kind === 'question' ? joinSentences(cells('body'), asked) : asked;
    // A prompt/completion file says exactly where its white space goes.
    return { question, prompt: kind === 'prompt' ? raw : question, answer, check };
  };
}

function columnIndex(table: Table, column: string, file: string): number {
  const at = table.columns.indexOf(column);
  if (at !== -1) return at;
  throw new PareError(
    'column-missing',
    `${file} has no column "${column}"; it has ${table.columns.join(', ')}.`,
    'Choose the columns that hold the question and the answer.',
  );
}

function unknownColumns(table: Table, file: string): PareError {
  return new PareError(
    'columns-unknown',
    `${file} has the columns ${table.columns.join(', ')}; none of them is known as a question with its answer.`,
    'Choose the columns that hold the question and the answer.',
    { columns: table.columns },
  );
}
