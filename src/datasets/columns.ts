/** Finds the question and the answer among a table's columns, and writes them as a text. */
import { PareError } from '../lib/assert.ts';
import type { Documents, Pair, Table } from './data.ts';
import { dataProblem } from './errors.ts';

/** Which columns are asked and answered. Columns that belong to the prompt (`input`, `Body`) come along by themselves. */
export interface ColumnChoice {
  readonly prompt: string;
  readonly answer: string;
}

/** Known pairs of columns, in lower case; the first that a table has is used. */
const knownPairs: readonly ColumnChoice[] = [
  { prompt: 'instruction', answer: 'output' },
  { prompt: 'instruction', answer: 'answer' },
  { prompt: 'instruction', answer: 'response' },
  { prompt: 'question', answer: 'answer' },
  { prompt: 'prompt', answer: 'completion' },
  { prompt: 'prompt', answer: 'answer' },
  { prompt: 'prompt', answer: 'response' },
  { prompt: 'input', answer: 'output' },
];

/** The columns of a table that are known by their names, or null. An answer column that is empty throughout is passed over. */
export function recogniseColumns(table: Table): ColumnChoice | null {
  const named = new Map(table.columns.map((column) => [column.toLowerCase(), column]));
  for (const known of knownPairs) {
    const prompt = named.get(known.prompt);
    const answer = named.get(known.answer);
    if (prompt !== undefined && answer !== undefined && isFilled(table, answer)) return { prompt, answer };
  }
  return null;
}

/** A table whose only known column is `text` is running text; null otherwise. */
export function documentsOf(table: Table): Documents | null {
  const at = table.columns.findIndex((column) => column.toLowerCase() === 'text');
  if (at === -1 || recogniseColumns(table)) return null;
  return {
    kind: 'documents',
    documents: table.rows.map((row) => (row[at] ?? '').trim()).filter((text) => text !== ''),
  };
}

/** Every row as prompt and answer. Without a choice, columns are recognised; `file` names the table in errors. */
export function toPairs(
  table: Table,
  file: string,
  choice: ColumnChoice | null = recogniseColumns(table),
): Pair[] {
  if (!choice) throw unknownColumns(table, file);
  const write = promptWriter(table, choice.prompt, file);
  const answerAt = columnIndex(table, choice.answer, file);
  return table.rows.map((row, i) => {
    const line = table.lines[i] ?? 1;
    const prompt = write(row);
    const answer = row[answerAt] ?? '';
    if (prompt.trim() === '') throw emptyCell(file, line, choice.prompt);
    if (answer.trim() === '') throw emptyCell(file, line, choice.answer);
    return { ...join(prompt, answer), line };
  });
}

function isFilled(table: Table, column: string): boolean {
  const at = table.columns.indexOf(column);
  return table.rows.some((row) => (row[at] ?? '').trim() !== '');
}

const cell = (row: readonly string[], index: number): string => (row[index] ?? '').trim();

type PromptWriter = (row: readonly string[]) => string;

function promptWriter(table: Table, prompt: string, file: string): PromptWriter {
  const promptAt = columnIndex(table, prompt, file);
  const at = (name: string) => table.columns.findIndex((column) => column.toLowerCase() === name);
  const kind = prompt.toLowerCase();
  if (kind === 'instruction') {
    const inputAt = at('input');
    return (row) => alpacaPrompt(cell(row, promptAt), cell(row, inputAt));
  }
  const bodyAt = kind === 'question' ? at('body') : -1;
  if (bodyAt !== -1) return (row) => joinSentences(cell(row, bodyAt), cell(row, promptAt));
  // A prompt/completion file says exactly where its white space goes.
  return kind === 'prompt' ? (row) => row[promptAt] ?? '' : (row) => cell(row, promptAt);
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

/**
 * The Alpaca prompt, which LLM-Adapters, LoNAS and Shears train on. (Their source indents the lines of the text by 16
 * or 20 blanks; that accident is left out.)
 */
function alpacaPrompt(instruction: string, input: string): string {
  const context = input === '' ? '' : ', paired with an input that provides further context';
  const given = input === '' ? '' : `### Input:\n${input}\n\n`;
  return (
    `Below is an instruction that describes a task${context}. ` +
    'Write a response that appropriately completes the request.\n\n' +
    `### Instruction:\n${instruction}\n\n${given}### Response:\n`
  );
}

/** A story and the question about it (SVAMP's stories often lack their full stop). */
function joinSentences(body: string, question: string): string {
  if (body === '') return question;
  return /[.?!]$/.test(body) ? `${body} ${question}` : `${body}. ${question}`;
}

/** A blank goes between prompt and answer, as part of the answer, unless either brings white space of its own. */
function join(prompt: string, answer: string): { prompt: string; answer: string } {
  const separated = /\s$/.test(prompt) || /^\s/.test(answer);
  return { prompt, answer: (separated ? '' : ' ') + answer.trimEnd() };
}

function emptyCell(file: string, line: number, column: string): PareError {
  return dataProblem(file, line, `the column "${column}" is empty`, 'Fill it in, or delete the row.');
}

function unknownColumns(table: Table, file: string): PareError {
  return new PareError(
    'columns-unknown',
    `${file} has the columns ${table.columns.join(', ')}; none of them is known as a question with its answer.`,
    'Choose the columns that hold the question and the answer.',
    { columns: table.columns },
  );
}
