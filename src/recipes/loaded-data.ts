import { batchShape, type BatchShape, type LossSpan } from '../datasets/batches.ts';
import {
  documentsOf,
  recogniseColumns,
  textColumn,
  toItems,
  type ColumnChoice,
  type Reading,
} from '../datasets/columns.ts';
import type { Example } from '../datasets/data.ts';
import type { Item } from '../datasets/item.ts';
import type { DataFile } from '../datasets/parse.ts';
import { tokenizeDocuments, tokenizeItems, type Asking } from '../datasets/tokenize.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import { optionsOf } from '../evaluation/choice.ts';
import type { ScoringRule } from '../evaluation/scorer.ts';
import { PareError } from '../lib/assert.ts';
import type { DataInfo } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';

/** A data file, read as questions and answers or as running text. */
export interface LoadedData {
  readonly file: DataFile;
  readonly columns: readonly string[];
  readonly choice: ColumnChoice | null;
  /** The published data set that it is read as; null: none, or as a plain pair. */
  readonly title: string | null;
  /** null: a table whose columns the user has still to pick. */
  readonly content:
    | { readonly kind: 'pairs'; readonly items: readonly Item[] }
    | { readonly kind: 'documents'; readonly documents: readonly string[] }
    | null;
}

/** Without `chosen`, by the columns that are known. `reading` says whether a known data set is read as one. */
export function readData(file: DataFile, chosen?: ColumnChoice, reading: Reading = 'published'): LoadedData {
  const { dataset } = file;
  const plain = { file, choice: null, title: null };
  if (dataset.kind === 'documents') return { ...plain, columns: [], content: dataset };
  const documents = chosen ? null : documentsOf(dataset);
  if (documents) return { ...plain, columns: dataset.columns, content: documents };
  const recognised = recogniseColumns(dataset);
  const choice = chosen ?? recognised;
  const same = recognised?.prompt === choice?.prompt && recognised?.answer === choice?.answer;
  const asPublished = same && reading === 'published';
  return {
    file,
    columns: dataset.columns,
    choice: choice && { prompt: choice.prompt, answer: choice.answer },
    title: asPublished ? (recognised?.title ?? null) : null,
    content: choice ? { kind: 'pairs', items: toItems(dataset, file.name, choice, reading) } : null,
  };
}

/** What a session's log says of how a file is read. `columns` is null for running text. */
export type ReadingInfo = Pick<DataInfo, 'columns' | 'reading'>;

export function readingOf({ choice, title }: LoadedData): ReadingInfo {
  if (!choice) return { columns: null };
  const columns = { prompt: choice.prompt.slice(0, 200), answer: choice.answer.slice(0, 200) };
  return { columns, reading: title === null ? 'pair' : 'published' };
}

/** The same file, read as a log says. One that names columns alone is from before data sets were known by them. */
export function readAs(data: LoadedData, { columns, reading = 'pair' }: ReadingInfo): LoadedData {
  if (columns === undefined) return data;
  if (columns === null) return asText(data);
  const now = readingOf(data);
  const same =
    now.columns?.prompt === columns.prompt &&
    now.columns.answer === columns.answer &&
    now.reading === reading;
  return same ? data : readData(data.file, columns, reading);
}

/** A table whose column `text` was the only one known then. */
function asText(data: LoadedData): LoadedData {
  const { dataset } = data.file;
  const content = data.choice && dataset.kind === 'table' ? textColumn(dataset) : null;
  return content ? { ...data, choice: null, title: null, content } : data;
}

/** What of a recipe decides how questions are asked. */
export type Questions = Pick<Recipe, 'task' | 'template' | 'maxLength'> &
  Pick<Asking, 'most' | 'answerRoom' | 'raisableTo'>;

type Tokenized = ReturnType<typeof tokenizeItems>;

/** The last way in which each data file was tokenised: the page asks for the same several times. */
const latest = new WeakMap<LoadedData, { tokenizer: TextTokenizer; key: string; tokenized: Tokenized }>();

/** Every example of a data file, tokenised for a recipe's task. */
export function tokenizeAll(data: LoadedData, tokenizer: TextTokenizer, questions: Questions): Tokenized {
  const { task, template, maxLength, most, answerRoom } = questions;
  const key = JSON.stringify([task, template, maxLength, most, answerRoom]);
  const known = latest.get(data);
  if (known?.tokenizer === tokenizer && known.key === key) return known.tokenized;
  const tokenized = tokenizeAnew(data, tokenizer, questions);
  latest.set(data, { tokenizer, key, tokenized });
  return tokenized;
}

function tokenizeAnew(data: LoadedData, tokenizer: TextTokenizer, questions: Questions): Tokenized {
  const { task, template, maxLength, raisableTo, most = Infinity, answerRoom } = questions;
  if (!data.content) {
    throw new PareError(
      'columns-unknown',
      `${data.file.name} has the columns ${data.columns.join(', ')}.`,
      'Choose which of them is the prompt and which the answer.',
    );
  }
  requireTask(data, task);
  if (data.content.kind === 'documents')
    return {
      examples: tokenizeDocuments(tokenizer, data.content.documents, maxLength, most),
      tooLong: 0,
    };
  const withOptions = task === 'choice';
  return tokenizeItems(tokenizer, data.content.items, {
    template,
    maxLength,
    withOptions,
    most,
    ...(answerRoom !== undefined && { answerRoom }),
    ...(raisableTo !== undefined && { raisableTo }),
  });
}

/** Running text has no answers, and only a choice can be chosen from. */
function requireTask({ file, content }: LoadedData, task: Recipe['task']): void {
  if (task === 'perplexity') return;
  if (content?.kind === 'documents') {
    throw new PareError(
      'task-mismatch',
      `${file.name} is running text: it has no answers to match.`,
      'Choose perplexity as the task, or data with questions and answers.',
    );
  }
  if (task !== 'choice') return;
  const without = content?.items.findIndex(({ options }) => options === null) ?? -1;
  if (without === -1) return;
  throw new PareError(
    'task-mismatch',
    `${file.name}: example ${without + 1} has no options to choose from.`,
    'Choose exact match as the task, or multiple-choice data.',
  );
}

export function requireTokenizer(tokenizer: TextTokenizer | null): TextTokenizer {
  if (tokenizer) return tokenizer;
  throw new PareError(
    'tokenizer-missing',
    'The model has no tokenizer.json, so text cannot become tokens.',
    'Add tokenizer.json to the folder and open it again.',
  );
}

/** Sequences that are scored at a time, at most; and positions × vocabulary, so that logits stay below 64 MB. */
const mostSequences = 32;
const mostPositions = 8192;
const mostLogits = 2 ** 24;

/** What is run to score examples: themselves, or each option of a choice. */
export const sequencesOf = (examples: readonly Example[], task: Recipe['task']): readonly Example[] =>
  task === 'choice' ? optionsOf(examples) : examples;

/** How a recipe scores. */
export const scoringRule = ({ task, scoring }: Pick<Recipe, 'task' | 'scoring'>): ScoringRule => ({
  task,
  ...scoring,
});

/** The shape in which these sequences are scored. */
export function evaluationShapeOf(
  examples: readonly Example[],
  loss: LossSpan,
  vocabSize: number,
  most = mostSequences,
): BatchShape {
  const one = batchShape(examples, 1, loss);
  const room = Math.min(
    most,
    mostPositions / one.length,
    mostLogits / (one.capacity * vocabSize),
    examples.length,
  );
  return batchShape(examples, Math.max(1, Math.floor(room)), loss);
}
