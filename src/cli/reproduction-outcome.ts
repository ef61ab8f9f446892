import { PareError } from '../lib/assert.ts';
import { expectedOf, type Reproduction } from '../session/reproduction.ts';
import type { SessionView } from '../session/view.ts';
import type { Flags } from './arguments.ts';
import { Unsuccessful } from './outcome.ts';

/** What `verify` and `reproduce` print; where it does not match, their exit status says so as well. */
export const comparisonOutcome = (result: Reproduction): Reproduction | Unsuccessful =>
  result.matches ? result : new Unsuccessful(result);

export function requireFront(shared: SessionView): void {
  if (expectedOf(shared).length > 0) return;
  throw new PareError(
    'reproduce-empty',
    'This session has scored no sub-network that could be compared.',
    'Run its recipe instead.',
  );
}

/** Sub-networks scored so far, on standard error. */
export const progressLine =
  ({ json }: Flags) =>
  (done: number, total: number): void => {
    if (!json && done > 0) process.stderr.write(`${done} of ${total} sub-networks scored\n`);
  };
