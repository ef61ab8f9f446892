import { PareError } from '../lib/assert.ts';

/** A problem at a line of a data file. */
export function dataProblem(file: string, line: number, problem: string, remedy: string): PareError {
  return new PareError('data-malformed', `${file}, line ${line}: ${problem}.`, remedy, { line });
}
