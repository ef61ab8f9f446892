/** What a data file holds, before anything is known of the model. */
import type { AnswerCheck } from './item.ts';

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
  /** What may be said instead, the right answer among it, as `answer` is written; null where there is no choice. */
  readonly options: readonly string[] | null;
  readonly correct: number;
  /** How an answer that the model writes is compared. */
  readonly check: AnswerCheck;
  /** Line of the file, for errors. */
  readonly line: number;
}

/** A tokenised text. Tokens from `answerStart` on are the ones to predict (at least 1: the first cannot be). */
export interface Example {
  readonly ids: readonly number[];
  readonly answerStart: number;
  readonly prompt: string;
  readonly answer: string;
  /** The prompt with each option in the answer's place, where there is a choice; and which of them is right. */
  readonly options?: readonly Option[] | null;
  readonly correct?: number;
  /** How an answer that the model writes is compared; absent for running text. */
  readonly check?: AnswerCheck;
}

/** An option of a choice, without an end token (as lm-evaluation-harness scores it). */
export interface Option extends Example {
  /** Of the option's text, which its log-likelihood may be divided by. */
  readonly characters: number;
}
