/** What a data file holds, before anything is known of the model. */

/** Rows of named columns. Rows are arrays, so that no column name can be mistaken for a method. */
export interface Table {
  readonly kind: 'table';
  readonly columns: readonly string[];
  /** One text a column; empty where the file has none. */
  readonly rows: readonly (readonly string[])[];
  /** 1-based line of the file on which each row starts. */
  readonly lines: readonly number[];
  /** What `lines` counts; of a file that has no lines, rows. */
  readonly unit?: 'line' | 'row';
}

/** Running text, one string a document. */
export interface Documents {
  readonly kind: 'documents';
  readonly documents: readonly string[];
}

export type Dataset = Table | Documents;

/** A question and its answer, as they will be read: the whole text is `prompt + answer`. */
export interface Pair {
  readonly prompt: string;
  readonly answer: string;
  /** Line of the file, for errors. */
  readonly line: number;
}

/** A tokenised text. Tokens from `answerStart` on are the ones to predict (at least 1: the first cannot be). */
export interface Example {
  readonly ids: readonly number[];
  readonly answerStart: number;
  readonly prompt: string;
  readonly answer: string;
}
