import type { Item } from '../item.ts';

/** A row's cells by column name in lower case, trimmed; empty where there is none. */
export interface Cells {
  (column: string): string;
  /** The cell that is the answer, with its white space. */
  readonly answer: string;
}

/** What a data set makes of a row. */
export type Fields = Omit<Item, 'line' | 'input' | 'options' | 'correct'> &
  Partial<Pick<Item, 'input' | 'options' | 'correct'>>;

/** A published data set that is known by its columns. */
export interface KnownDataset {
  readonly title: string;
  /** Columns that it has, in lower case; of each list, the first that is there. The first two: what is asked, answered. */
  readonly prompt: readonly string[];
  readonly answer: readonly string[];
  readonly further?: readonly string[];
  /** Whether a row is one of its own; looked at where other data sets have the same columns. */
  readonly fits?: (cells: Cells) => boolean;
  /** Throws a `CellProblem` where a cell is not what it should be. */
  readonly read: (cells: Cells) => Fields;
}

export class CellProblem extends Error {
  readonly column: string;

  constructor(column: string, problem: string) {
    super(problem);
    this.column = column;
  }
}

/** The first column of these with something in it. */
export const firstOf = (cells: Cells, columns: readonly string[]): string =>
  columns.map(cells).find((cell) => cell !== '') ?? '';
