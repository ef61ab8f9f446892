import { batchShape, type BatchShape, type LossSpan } from '../datasets/batches.ts';
import { documentsOf, recogniseColumns, toPairs, type ColumnChoice } from '../datasets/columns.ts';
import type { Example, Pair, Table } from '../datasets/data.ts';
import type { DataFile } from '../datasets/parse.ts';
import { tokenizeDocuments, tokenizePairs } from '../datasets/tokenize.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import { PareError } from '../lib/assert.ts';
import type { Recipe } from '../session/recipe.ts';

/** A data file, read as questions and answers or as running text. */
export interface LoadedData {
  readonly file: DataFile;
  readonly columns: readonly string[];
  readonly choice: ColumnChoice | null;
  /** null: a table whose columns the user has still to pick. */
  readonly content:
    | { readonly kind: 'pairs'; readonly pairs: readonly Pair[] }
    | { readonly kind: 'documents'; readonly documents: readonly string[] }
    | null;
}

export function readData(file: DataFile, chosen?: ColumnChoice): LoadedData {
  const { dataset } = file;
  if (dataset.kind === 'documents') return { file, columns: [], choice: null, content: dataset };
  const documents = chosen ? null : documentsOf(dataset);
  if (documents) return { file, columns: dataset.columns, choice: null, content: documents };
  const choice = chosen ?? recogniseColumns(dataset);
  return {
    file,
    columns: dataset.columns,
    choice,
    content: choice ? pairsOf(dataset, file.name, choice) : null,
  };
}

function pairsOf(table: Table, name: string, choice: ColumnChoice) {
  return { kind: 'pairs', pairs: toPairs(table, name, choice) } as const;
}

/** For the session's log: how a table is read; null: running text. */
export const columnsOf = ({ choice }: LoadedData) =>
  choice && { prompt: choice.prompt.slice(0, 200), answer: choice.answer.slice(0, 200) };

/** The same file, read by the columns that a log names. */
export function readAs(data: LoadedData, columns: ReturnType<typeof columnsOf> | undefined): LoadedData {
  const { prompt, answer } = columnsOf(data) ?? {};
  const same = !columns || (prompt === columns.prompt && answer === columns.answer);
  return same ? data : readData(data.file, columns);
}

/** Every example of a data file, tokenised for a recipe's task. */
export function tokenizeAll(
  data: LoadedData,
  tokenizer: TextTokenizer,
  { task, maxLength }: Pick<Recipe, 'task' | 'maxLength'>,
): { examples: Example[]; tooLong: number } {
  if (!data.content) {
    throw new PareError(
      'columns-unknown',
      `${data.file.name} has the columns ${data.columns.join(', ')}.`,
      'Choose which of them is the prompt and which the answer.',
    );
  }
  if (data.content.kind === 'pairs') return tokenizePairs(tokenizer, data.content.pairs, maxLength);
  if (task === 'exact') {
    throw new PareError(
      'task-mismatch',
      `${data.file.name} is running text: it has no answers to match.`,
      'Choose perplexity as the task, or data with questions and answers.',
    );
  }
  return { examples: tokenizeDocuments(tokenizer, data.content.documents, maxLength), tooLong: 0 };
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

/** The shape in which these examples are scored. */
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
