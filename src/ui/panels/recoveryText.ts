import type { Recovery } from '../../session/view.ts';

/** What happened, and what follows from it for the results. */
export function recoveryText({
  message,
  exact,
  accumulation,
}: Recovery): [message: string, consequence: string] {
  const parts: string[] = [];
  if (accumulation > 1) parts.push(`Batches are split into ${accumulation} parts to need less memory.`);
  parts.push(
    exact
      ? 'The results are what they would have been.'
      : 'From there on, results may differ in their last bits from an uninterrupted run.',
  );
  return [/[.!?]$/.test(message) ? message : `${message}.`, parts.join(' ')];
}
