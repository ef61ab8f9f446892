import { PareError } from '../lib/assert.ts';
import type { Table } from './data.ts';

/** A problem at a line (or row) of a data file. */
export function dataProblem(
  file: string,
  line: number,
  problem: string,
  remedy: string,
  unit: Table['unit'] = 'line',
): PareError {
  return new PareError('data-malformed', `${file}, ${unit} ${line}: ${problem}.`, remedy, { line });
}
