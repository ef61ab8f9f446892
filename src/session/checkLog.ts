import { z } from 'zod';
import type { PareError } from '../lib/assert.ts';
import { eventSchema } from './events.ts';
import type { SessionEvent } from './events.ts';

export const mostEvents = 250_000;
const logSchema = z.array(eventSchema).min(1).max(mostEvents);

/** What a log from outside is refused with; the caller knows whether it came in a link or in a file. */
export type Refuse = (code: string, message: string) => PareError;

const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/** JSON from outside, with the keys refused that could reach a prototype if anybody ever merged the objects. */
export function parseJson(text: string, refuse: Refuse): unknown {
  let polluting: string | null = null;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, item: unknown) => {
      if (forbidden.has(key)) polluting = key;
      return item;
    });
  } catch {
    throw refuse('damaged', 'does not hold readable data');
  }
  if (polluting !== null)
    throw refuse('invalid', `holds the key “${String(polluting)}”, which no session has`);
  return value;
}

/** Checks a log against the schema, and then what a schema cannot say: it begins with `started`, and genomes fit. */
export function checkLog(value: unknown, refuse: Refuse): SessionEvent[] {
  const parsed = logSchema.safeParse(value);
  if (!parsed.success) throw refuse('invalid', `does not hold a valid session: ${firstIssue(parsed.error)}`);
  const log = parsed.data;
  const [started, ...rest] = log;
  if (started?.type !== 'started' || rest.some((event) => event.type === 'started')) {
    throw refuse('invalid', 'does not hold one run from its start');
  }
  const sizes = started.groups.map((group) => group.choices.length);
  for (const event of rest) {
    const genome = genomeOf(event);
    if (genome && !fits(genome, sizes)) {
      throw refuse('invalid', 'holds a sub-network that is not in its own search space');
    }
  }
  return log;
}

function genomeOf(event: SessionEvent): readonly number[] | null {
  if (event.type === 'evaluated' || event.type === 'chosen') return event.genome;
  return event.type === 'result' ? event.row.genome : null;
}

const fits = (genome: readonly number[], sizes: readonly number[]): boolean =>
  genome.length === sizes.length && genome.every((gene, index) => gene < (sizes[index] ?? 0));

export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'unknown';
  const path = issue.path.map(String).join('.');
  return path ? `${path}: ${issue.message}` : issue.message;
}
